// `kms prune`: removes old entries of the rotation log, and what else is old in our tables. Nothing of the server’s.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { durationFlag } from '../cli/flags.js';
import { LOOKING } from '../cli/printing.js';
import { osUser } from '../cli/run-context.js';
import { KmsError } from '../errors.js';
import { appendNamedFile, NEW_FILE } from '../files/append-named-file.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { Config } from '../settings/config.js';
import type { PrunedTables, PruneOptions } from '../store/own/prune-history.js';
import { sealedLine, type SealedRow } from '../store/own/chain/sealed-row.js';
import { DAY_SECONDS, exactDuration } from '../text/duration.js';
import { countRemoved, prunedLines } from '../views/pruned-tables.js';

export default class Prune extends BaseCommand {
  static override summary = 'remove old entries of the rotation log that nothing needs any more';

  static override description = `It also removes messages that were delivered or given up, warnings of deadlines and failures that are over, if they are as old. It keeps what later runs, kms doctor and kms key lineage rely on: for an object that is still in the store, what replaced it, its last change of policy and what kms doctor did; failures that last; what a waiting message needs. On a terminal it asks first.`;

  static override examples = [
    '<%= config.bin %> prune --dry-run',
    '<%= config.bin %> prune --older-than 2y --yes',
    '<%= config.bin %> prune --export pruned.jsonl --yes',
  ];

  static override flags = {
    'older-than': durationFlag({
      description:
        'how old what is removed must be, 1d at least; without it the setting history.keep',
    }),
    'dry-run': Flags.boolean({
      default: false,
      description: 'only say what would be removed; the store is opened read-only',
    }),
    export: Flags.string({
      description:
        'write the rows of the log that go to this new file first, as kms audit export does (JSONL)',
      helpValue: '<file>',
      exclusive: ['dry-run'],
    }),
    yes: Flags.boolean({ default: false, char: 'y', description: 'do not ask' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Prune);
    const config = this.configuration(flags);
    const olderThanSeconds = flags['older-than'] ?? config.historyKeepSeconds;
    if (olderThanSeconds < DAY_SECONDS) throw tooYoung(olderThanSeconds);
    const now = clock.now();
    const before = now - olderThanSeconds;
    const prune = (dryRun: boolean) => this.prune(config, { now, olderThanSeconds, dryRun });
    if (!flags['dry-run'] && !flags.yes) await this.confirm(await prune(true), before);
    const tables =
      flags.export === undefined
        ? await prune(flags['dry-run'])
        : await this.exporting(flags.export, (keep) =>
            this.prune(config, { now, olderThanSeconds, dryRun: false, keep }),
          );
    await this.printer.print(flags, prunedLines(tables, flags['dry-run']));
    const document = { dryRun: flags['dry-run'], before: formatInstant(before), tables };
    return this.finish({ schema: 'kms.prune/v1', ...document }, 0);
  }

  private async exporting<T>(
    path: string,
    prune: (keep: (rows: readonly SealedRow[]) => void) => Promise<T>,
  ): Promise<T> {
    const file = appendNamedFile('--export', path, NEW_FILE);
    try {
      return await prune((rows) => {
        file.append(rows.map((row) => `${sealedLine(row)}\n`).join(''));
      });
    } finally {
      file.close();
    }
  }

  private async prune(
    config: Config,
    options: Omit<PruneOptions, 'writer'>,
  ): Promise<PrunedTables> {
    const writer = { ...this.session.origin, osUser: osUser() };
    return this.session.withStore(config, options.dryRun ? 'read' : 'write', (store) =>
      this.printer.whileBusy(LOOKING, () => store.pruneHistory({ ...options, writer })),
    );
  }

  private async confirm(tables: PrunedTables, before: EpochSeconds): Promise<void> {
    const rows = countRemoved(tables);
    if (rows === 0) return;
    await this.printer.confirm({
      lines: [`older than ${formatInstant(before)}:`, ...prunedLines(tables, true)],
      question: 'Remove them?',
      ifRefused: 'nothing was removed',
      ifNobodyCanBeAsked: {
        message: `${rows} ${rows === 1 ? 'row' : 'rows'} older than ${formatInstant(before)} would be removed, and nobody can be asked`,
        hint: 'look at them with --dry-run, then give --yes',
      },
    });
  }
}

function tooYoung(seconds: number): KmsError {
  return new KmsError(
    'InvalidArgument',
    `what is ${exactDuration(seconds)} old is not old enough to be removed: runs still read what the last day left`,
    { hint: 'give --older-than, or the setting history.keep, 1d or more' },
  );
}
