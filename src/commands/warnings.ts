// `kms warnings`: lists deadlines that are near, and sends each warning once to those concerned.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { noteUndelivered } from '../cli/diagnostics.js';
import { durationFlag, filterFlags, filtersOf, metricsFlag } from '../cli/flags.js';
import { findNearDeadlines } from '../survey/near-deadlines.js';
import { NO_NOTIFIER } from '../notify/notifier.js';
import { weeksAhead } from '../views/forecast/weeks-ahead.js';
import { warn } from '../run/warn.js';
import { warningsTable } from '../run/warnings-table.js';
import { exitCodeOfWarnings, countedWarnings, warningsJson } from '../run/warnings-report.js';

export default class Warnings extends BaseCommand {
  static override summary = 'list deadlines that are near, and send a warning about each once';

  static override description = `Lists rotations within 30, 7 and 1 days (setting warnings.before_days), and ends: of certificates, and of keys that no policy has rotated before their Deactivation Date or Protect Stop Date; and overlaps that end within a day. Each is sent once to every destination that is configured; what could not be sent before is sent now. Keys past their deadline are not listed here but by kms due list.

With --check nothing is printed and nothing sent: exit code 0 says that there are warnings, 1 that there are none, 255 that an error kept kms from finding out.`;

  static override examples = [
    '<%= config.bin %> warnings',
    '<%= config.bin %> warnings --dry-run --owner ops@example.org',
    '<%= config.bin %> warnings --within 90d --json',
  ];

  static override flags = {
    ...filterFlags,
    within: durationFlag({
      description: 'look this far ahead; what has not come to a threshold is listed, but not sent',
    }),
    'metrics-file': metricsFlag,
    'dry-run': Flags.boolean({
      description: 'only list; nothing is recorded or sent',
      default: false,
    }),
    check: Flags.boolean({
      description: 'print nothing; answer by the exit code',
      exclusive: ['dry-run', 'json'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Warnings);
    const config = this.configuration(flags);
    const { firstDeadline, ends, hsm, warningDays } = config;
    const filters = filtersOf(flags);
    const options = {
      now: clock.now(),
      firstDeadline,
      ends,
      hsm,
      thresholdDays: warningDays,
      withinSeconds: flags.within ?? null,
    };
    const dryRun = flags['dry-run'] || flags.check;
    const measurement = flags.check ? null : this.session.measure(config, { dryRun });
    const notifier = dryRun ? NO_NOTIFIER : await this.session.notifier(config);
    const mode = notifier.names.length === 0 ? 'read' : 'write';
    return this.session.withStore(config, mode, async (store) => {
      if (flags.check) {
        const { near, failures } = await findNearDeadlines(store, options, filters);
        return this.finish({}, near.length + failures.length > 0 ? 0 : 1);
      }
      const { enqueueEvent } = notifier;
      const deliver =
        mode === 'read'
          ? () => notifier.deliver(store)
          : this.session.delivery(config, store, notifier);
      const report = await warn({
        store,
        options: options,
        filters,
        dryRun,
        enqueueEvent,
        deliver,
      });
      if (measurement?.isWanted === true) {
        const counted = countedWarnings(report, notifier.names.length > 0);
        measurement.warnings({ ...counted, ahead: await weeksAhead(store, options, filters) });
      }
      await this.printer.print(flags, warningsTable(report, this.printer.out));
      noteUndelivered(this.printer, report.deliveries);
      const label = await this.session.storeLabel(config);
      return this.finish(warningsJson(report, label), exitCodeOfWarnings(report));
    });
  }
}
