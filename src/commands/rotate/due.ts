// `kms rotate due`: the command that a scheduler runs.
import { setFlagsFromString } from 'node:v8';
import { Flags } from '@oclif/core';
import {
  BaseCommand,
  countFlag,
  durationFlag,
  filterFlags,
  metricsFlag,
  shardFlag,
  withCertificatesFlag,
} from '../../cli/base-command.js';
import { EXIT_CODE_HELP } from '../../errors.js';
import { failedLines, runReport } from '../../run/report-lines.js';
import { exitCodeOfReport, reportJson } from '../../report/run-report.js';
import { rotateDue } from '../../run.js';
import type { Shard } from '../../survey/shard.js';

/** How many objects share a transaction: enough to spread the cost of a commit. */
const BATCH_SIZE = 64;

export default class RotateDue extends BaseCommand {
  static override summary = 'rotate every key whose deadline has passed';

  static override description = `Each key is rotated wholly or not at all. Any number of runs may go on at once. When nothing is due and standard output is no terminal, nothing is printed.

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
    'dry-run': Flags.boolean({
      description: 'do everything but write; the store is opened read-only',
      default: false,
    }),
    'no-mend': Flags.boolean({
      description: 'leave dependants that are still under a replaced wrapping key as they are',
      default: false,
    }),
    'with-certificates': withCertificatesFlag,
    'metrics-file': metricsFlag,
    'max-keys': countFlag({ description: 'rotate at most this many' }),
    'max-duration': durationFlag({ description: 'begin nothing new after this time' }),
    batch: countFlag({
      description: `how many keys share a transaction (default ${BATCH_SIZE})`,
    }),
    concurrency: countFlag({
      description:
        'how many batches are in work at once, each over a connection of its own (default 1)',
    }),
    shard: shardFlag({
      description: 'only the share I (from 0) of N of all keys, by a hash of the uid',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RotateDue);
    // Left alone, the engine lets what is done with grow to several times what is held before it clears up.
    setFlagsFromString('--optimize-for-size');
    const config = this.configuration(flags);
    const observation = this.observe(config, {
      dryRun: flags['dry-run'],
      labels: shardLabel(flags.shard),
    });
    const concurrency = flags.concurrency ?? 1;
    const report = await this.withRunContext(config, { ...flags, concurrency }, (context) =>
      rotateDue(context, {
        filters: {
          owner: flags.owner,
          tags: flags.tag ?? [],
          objectType: flags.type,
          shard: flags.shard,
        },
        maxKeys: flags['max-keys'] ?? null,
        maxDurationSeconds: flags['max-duration'] ?? null,
        batchSize: flags.batch ?? BATCH_SIZE,
        concurrency,
        mend: !flags['no-mend'],
      }),
    );
    observation.report(report);
    const somethingToSay =
      report.results.length + report.mended.length > 0 || report.notAttempted > 0;
    if (somethingToSay || this.out.isTerminal) await this.print(flags, runReport(report, this.out));
    await this.printFailures(flags, failedLines(report, this.err));
    if (somethingToSay) this.sayWhichStore(config);
    this.sayUndelivered(report.deliveries);
    if (report.error !== null) this.printError(report.error);
    // Made for --json alone: of very many keys it is large.
    const document = this.jsonEnabled() ? reportJson(report) : {};
    return this.finish(document, exitCodeOfReport(report));
  }
}

/** Runs that divide the work are told apart in what one collector gathers. */
function shardLabel(shard: Shard | undefined): Readonly<Record<string, string>> {
  return shard === undefined ? {} : { shard: `${shard.index}/${shard.of}` };
}
