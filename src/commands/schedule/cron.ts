// `kms schedule cron`: prints a crontab, or puts its lines into one.
import { readFileSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { requestedSchedule } from '../../cli/requested-schedule.js';
import { crontab, crontabNotices } from '../../schedule/crontab.js';
import { blocksIn, mergeCrontab, unmarkedLines } from '../../schedule/merge-crontab.js';
import { assertSameStore } from '../../schedule/schedule-name.js';
import { scheduleNotices } from '../../schedule/schedule-notices.js';

export default class ScheduleCron extends BaseCommand {
  static override summary = 'print a crontab that runs kms';

  static override description = `Prints lines for a user’s own crontab, or with --user for a file in /etc/cron.d. Nothing is installed. With --merge it prints the crontab on standard input with these lines in it, in the place of earlier ones.`;

  static override examples = [
    '<%= config.bin %> schedule cron --every 15m',
    '<%= config.bin %> schedule cron --user kms',
    'crontab -l | <%= config.bin %> schedule cron --merge > my.crontab && crontab my.crontab',
  ];

  static override flags = {
    ...scheduleFlags,
    merge: Flags.boolean({
      description: 'print the crontab on standard input with the lines in it',
      default: false,
    }),
    force: Flags.boolean({
      description: 'with --merge: replace a block of the same name that is for another store',
      default: false,
    }),
    user: Flags.string({
      description: 'user who runs kms, for a file in /etc/cron.d',
      helpValue: '<user>',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleCron);
    const earlier = flags.merge ? readFileSync(0, 'utf8') : null;
    try {
      const config = this.configuration(flags);
      const schedule = requestedSchedule(this.sources(flags), config, flags);
      const block = crontab(schedule, flags.user ?? null);
      if (!flags.force) {
        const blocks = blocksIn(earlier ?? '', schedule.prefix);
        assertSameStore(blocks, schedule.storeLine, `the block ${schedule.prefix} of the crontab`);
      }
      const content =
        earlier === null ? `${block.join('\n')}\n` : mergeCrontab(earlier, schedule.prefix, block);
      await this.printer.print({ quiet: flags.quiet && !flags.merge }, [
        content.replace(/\n$/, ''),
      ]);
      const notices = [
        ...scheduleNotices(schedule, {
          passesFiles: false,
          runner: `the user ${flags.user ?? ''}`,
          // Somebody's own crontab is that of whoever installs it.
          user: flags.user,
        }),
        ...crontabNotices(schedule),
        ...unmarkedNotices(earlier ?? ''),
      ];
      for (const notice of notices) this.printer.note('warn', notice);
      const files = [{ name: schedule.prefix, content }];
      const document = { schema: 'kms.schedule/v1', scheduler: 'cron', files, next: [], notices };
      return this.finish(document, 0);
    } catch (error) {
      // In a pipe to crontab(1), no output would mean an empty crontab.
      if (earlier !== null)
        await this.printer.print({ quiet: false }, [earlier.replace(/\n$/, '')]);
      throw error;
    }
  }
}

function unmarkedNotices(earlier: string): readonly string[] {
  return unmarkedLines(earlier).map(
    (line) =>
      `line ${line} of the crontab is outside of the block and starts kms: take it out if that is an earlier schedule`,
  );
}
