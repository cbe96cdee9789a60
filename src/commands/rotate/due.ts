// `kms rotate due`: rotates everything that is due. A scheduler runs it.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import {
  countFlag,
  durationFlag,
  filterFlags,
  filtersOf,
  metricsFlag,
  shardFlag,
  rotateFlags,
} from '../../cli/flags.js';
import { limitMemory } from '../../cli/limit-memory.js';
import { showRun } from '../../cli/show-run.js';
import { EXIT_CODE_HELP } from '../../errors.js';
import { exitCodeOfReport } from '../../report/run-report.js';
import { reportJson } from '../../report/run-report-json.js';
import { rotateDue } from '../../run.js';
import type { RunContext } from '../../run/context.js';
import { sqlitePath } from '../../store/connect/connect.js';
import type { Shard } from '../../survey/shard.js';

/** How many objects share a transaction: enough to make the cost of a commit small. */
const BATCH_SIZE = 64;

/** On a server, which works on one batch while another is prepared, or waits for its disk. */
const BATCHES_AT_ONCE = 4;

export default class RotateDue extends BaseCommand {
  static override summary = 'rotate every key whose deadline has passed';

  static override description = `Each key is rotated completely or not at all. Any number of runs may go on at once. When nothing is due and standard output is not a terminal, nothing is printed.

Exit codes:
${EXIT_CODE_HELP}`;

  static override examples = [
    '<%= config.bin %> rotate due --dry-run',
    '<%= config.bin %> rotate due --max-keys 100 --max-duration 10m',
    '<%= config.bin %> rotate due --shard 0/3 --concurrency 4',
    '<%= config.bin %> rotate due --owner ops@example.org --tag env:prod --json',
  ];

  static override flags = {
    ...filterFlags,
    'audit-heads': rotateFlags['audit-heads'],
    'dry-run': rotateFlags['dry-run'],
    'no-mend': Flags.boolean({
      description: 'do not re-wrap objects that are still wrapped by a replaced key',
      default: false,
    }),
    'with-certificates': rotateFlags['with-certificates'],
    'metrics-file': metricsFlag,
    'max-keys': countFlag({ description: 'rotate at most this many keys' }),
    'max-duration': durationFlag({ description: 'start no rotation after this time' }),
    batch: countFlag({
      description: `how many keys share a transaction (default: ${BATCH_SIZE})`,
    }),
    concurrency: countFlag({
      description: `how many batches run at once, each over a connection of its own (default: ${BATCHES_AT_ONCE}, with SQLite 1), and requests to the server (default: 4)`,
    }),
    shard: shardFlag({
      description: 'only shard I (from 0) of N: keys are divided by a hash of the uid',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RotateDue);
    const lookAtMemory = limitMemory();
    const config = this.configuration(flags);
    this.session.auditHeads.keepIn(flags['audit-heads']);
    const measurement = this.session.measure(config, {
      dryRun: flags['dry-run'],
      labels: shardLabel(flags.shard),
    });
    if (!flags['dry-run']) await this.session.beginHeartbeat(config);
    const concurrency = flags.concurrency ?? batchesAtOnce(config.databaseUrl);
    const asked = { ...flags, concurrency, requestsAtOnce: flags.concurrency };
    const report = await this.session.withRunContext(config, asked, (context) =>
      rotateDue(withEachStep(context, lookAtMemory), {
        filters: { ...filtersOf(flags), shard: flags.shard },
        maxKeys: flags['max-keys'] ?? null,
        maxDurationSeconds: flags['max-duration'] ?? null,
        batchSize: flags.batch ?? BATCH_SIZE,
        concurrency,
        rewrapStaleDependants: !flags['no-mend'],
      }),
    );
    measurement.report(report);
    await showRun(this.printer, { flags, config }, report);
    // For very many keys the document is large, so it is made only if it is printed.
    const store = await this.session.storeLabel(config);
    const document = this.jsonEnabled() ? reportJson(report, store) : {};
    return this.finish(document, exitCodeOfReport(report));
  }
}

/** SQLite has one writer at a time. */
function batchesAtOnce(databaseUrl: string): number {
  return sqlitePath(databaseUrl) === null ? BATCHES_AT_ONCE : 1;
}

/** Returns the context of a run that calls `step` after each batch, and each page of dependants. */
function withEachStep(context: RunContext, step: () => void): RunContext {
  return {
    ...context,
    onProgress: (done, of) => {
      step();
      context.onProgress(done, of);
    },
    onDependants: (moved) => {
      step();
      context.onDependants(moved);
    },
  };
}

/** Tells runs that share the work apart at the collector. */
function shardLabel(shard: Shard | undefined): Readonly<Record<string, string>> {
  return shard === undefined ? {} : { shard: `${shard.index}/${shard.of}` };
}
