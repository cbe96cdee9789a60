// `kms schedule systemd`: prints or writes services and timers.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { requestedSchedule } from '../../cli/requested-schedule.js';
import { writeIntoNamedFolder } from '../../files/write-named-files.js';
import { scheduleFiles } from '../../schedule/schedule-files.js';
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
