// `kms rotate due`: the command that a scheduler runs.
import { Flags } from '@oclif/core';
import { BaseCommand, countFlag, durationFlag, filterFlags } from '../../base-command.js';
import { EXIT_CODE_HELP } from '../../errors.js';
import { runReport } from '../../output/run-report.js';
import { exitCodeOfReport, reportJson } from '../../report.js';
import { rotateDue } from '../../run.js';

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
    '<%= config.bin %> rotate due --owner ops@example.org --tag env:prod --json',
  ];

  static override flags = {
    ...filterFlags,
    'dry-run': Flags.boolean({
      description: 'do everything but write; the store is opened read-only',
      default: false,
    }),
    'max-keys': countFlag({ description: 'rotate at most this many' }),
    'max-duration': durationFlag({ description: 'begin nothing new after this time' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RotateDue);
    const config = this.configuration(flags);
    const report = await this.withRunContext(config, flags, (context) =>
      rotateDue(context, {
        filters: { owner: flags.owner, tags: flags.tag ?? [], objectType: flags.type },
        maxKeys: flags['max-keys'] ?? null,
        maxDurationSeconds: flags['max-duration'] ?? null,
        batchSize: BATCH_SIZE,
      }),
    );
    const somethingToSay = report.results.length > 0 || report.notAttempted > 0;
    if (somethingToSay || this.out.isTerminal) this.print(flags, runReport(report, this.out));
    if (somethingToSay) this.sayWhichStore(config, flags);
    if (report.error !== null && !this.jsonEnabled()) this.printError(report.error);
    return this.finish(reportJson(report), exitCodeOfReport(report));
  }
}
