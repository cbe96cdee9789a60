// `kms rotate key UID`: one object, now, due or not.
import { Args, Flags } from '@oclif/core';
import { BaseCommand, withCertificatesFlag } from '../../cli/base-command.js';
import { KmsError } from '../../errors.js';
import { failedLines, runReport } from '../../run/report-lines.js';
import { exitCodeOfReport, reportJson } from '../../report/run-report.js';
import { rotateOne } from '../../run.js';

export default class RotateKey extends BaseCommand {
  static override summary = 'rotate one key now, due or not';

  static override examples = [
    '<%= config.bin %> rotate key invoices --dry-run',
    '<%= config.bin %> rotate key invoices@latest',
    '<%= config.bin %> rotate key 6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01 --disarm',
  ];

  static override args = {
    uid: Args.string({
      description: 'Unique Identifier, or a keyset’s NAME, NAME@latest, NAME@first, NAME@N',
      required: true,
    }),
  };

  static override flags = {
    'dry-run': Flags.boolean({
      description: 'do everything but write; the store is opened read-only',
      default: false,
    }),
    'with-certificates': withCertificatesFlag,
    disarm: Flags.boolean({
      default: false,
      description: 'leave the replacement without an interval',
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(RotateKey);
    const config = this.configuration(flags);
    const observation = this.observe(config, { dryRun: flags['dry-run'], metricsFile: null });
    const report = await this.withRunContext(config, flags, async (context) => {
      const uid = await context.store.resolveUid(args.uid);
      const rotated = await rotateOne(context, uid, { disarm: flags.disarm });
      if (rotated.results.length > 0 || rotated.error !== null) return rotated;
      throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
    });
    observation.report(report);
    await this.print(flags, runReport(report, this.out));
    await this.printFailures(flags, failedLines(report, this.err));
    this.sayWhichStore(config);
    this.sayUndelivered(report.deliveries);
    if (report.error !== null) this.printError(report.error);
    return this.finish(reportJson(report), exitCodeOfReport(report));
  }
}
