// `kms schedule cron`: prints a crontab.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { crontab } from '../../schedule/crontab.js';
import { scheduleFor } from '../../schedule/schedule.js';
import { resolveSettings } from '../../settings/resolve-settings.js';

export default class ScheduleCron extends BaseCommand {
  static override summary = 'print a crontab that runs kms';

  static override description = `Prints lines for a user’s own crontab, or with --user for a file in /etc/cron.d. Nothing is installed.`;

  static override examples = [
    '<%= config.bin %> schedule cron --every 15m',
    '<%= config.bin %> schedule cron --user kms',
  ];

  static override flags = {
    ...scheduleFlags,
    user: Flags.string({
      description: 'user who runs kms, for a file in /etc/cron.d',
      helpValue: '<user>',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleCron);
    const config = this.configuration(flags);
    const schedule = scheduleFor(resolveSettings(this.sources(flags)), config, flags, process);
    const lines = [...crontab(schedule, flags.user ?? null)];
    await this.printer.print(flags, lines);
    const files = [{ name: 'kms', content: `${lines.join('\n')}\n` }];
    return this.finish({ schema: 'kms.schedule/v1', scheduler: 'cron', files, next: [] }, 0);
  }
}
