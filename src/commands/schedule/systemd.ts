// `kms schedule systemd`: prints or writes services and timers.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { requestedSchedule } from '../../cli/requested-schedule.js';
import { writeIntoNamedFolder } from '../../files/write-named-files.js';
import { scheduleFiles, type ScheduleFile } from '../../schedule/schedule-files.js';
import { assertSameStore } from '../../schedule/schedule-name.js';
import { scheduleNotices } from '../../schedule/schedule-notices.js';
import { enablingCommands, systemdUnits } from '../../schedule/systemd-units.js';

const FOLDER = '/etc/systemd/system';

export default class ScheduleSystemd extends BaseCommand {
  static override summary = 'print systemd units that run kms';

  static override description = `Prints a service and a timer for runs and for warnings, and an example of a unit that reports a failure. With --output they are written to a folder instead. They need systemd 251 or later.`;

  static override examples = [
    '<%= config.bin %> schedule systemd --every 1h',
    '<%= config.bin %> schedule systemd --output /etc/systemd/system',
  ];

  static override flags = {
    ...scheduleFlags,
    output: Flags.string({
      description: 'write the files to this folder, and overwrite those that exist',
      helpValue: '<folder>',
    }),
    force: Flags.boolean({
      description: 'with --output: overwrite units of the same name that are for another store',
      default: false,
    }),
    user: Flags.string({
      description: 'user who runs kms, if not the owner of the store',
      helpValue: '<user>',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleSystemd);
    const config = this.configuration(flags);
    const schedule = requestedSchedule(this.sources(flags), config, flags);
    const files = systemdUnits(schedule);
    const next = enablingCommands(schedule);
    if (flags.output === undefined) {
      await this.printer.print(flags, scheduleFiles(FOLDER, files, next));
    } else {
      if (!flags.force) assertNoneOfAnother(flags.output, files, schedule.storeLine);
      const written = writeIntoNamedFolder('--output', flags.output, files);
      await this.printer.print(flags, [...written, ...next]);
    }
    const { user } = schedule;
    const runner = user === null ? 'the service’s user, made by systemd,' : `the user ${user}`;
    const notices = scheduleNotices(schedule, { passesFiles: true, runner, user });
    for (const notice of notices) this.printer.note('warn', notice);
    return this.finish(
      { schema: 'kms.schedule/v1', scheduler: 'systemd', files, next, notices },
      0,
    );
  }
}

/** @throws KmsError InvalidArgument */
function assertNoneOfAnother(
  folder: string,
  files: readonly ScheduleFile[],
  storeLine: string,
): void {
  for (const { name } of files) {
    const path = join(folder, name);
    if (existsSync(path)) assertSameStore(readFileSync(path, 'utf8'), storeLine, path);
  }
}
