// `kms rotate key UID`: rotates one object now, whether it is due or not.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { durationFlag, rotateFlags, uidArg } from '../../cli/flags.js';
import { showRun } from '../../cli/show-run.js';
import { exitCodeOfReport } from '../../report/run-report.js';
import { reportJson } from '../../report/run-report-json.js';
import { rotateOne } from '../../run.js';
import { deletedMeanwhile } from '../../store/find/load-by-address.js';

export default class RotateKey extends BaseCommand {
  static override summary = 'rotate one key now, due or not';

  static override examples = [
    '<%= config.bin %> rotate key invoices --dry-run',
    '<%= config.bin %> rotate key invoices@latest',
    '<%= config.bin %> rotate key invoices --overlap 7d',
    '<%= config.bin %> rotate key 6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01 --disarm',
  ];

  static override args = {
    uid: uidArg,
  };

  static override flags = {
    ...rotateFlags,
    overlap: durationFlag({
      description:
        'how long the replaced key stays Active (default: as its policy or rotation.overlap says)',
    }),
    disarm: Flags.boolean({
      default: false,
      description: 'leave the replacement without interval and offset',
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(RotateKey);
    const config = this.configuration(flags);
    this.session.auditHeads.keepIn(flags['audit-heads']);
    const measurement = this.session.measure(config, {
      dryRun: flags['dry-run'],
      metricsFile: null,
    });
    const report = await this.session.withRunContext(config, flags, async (context) => {
      const uid = await context.store.resolveUid(args.uid);
      const rotated = await rotateOne(context, uid, { disarm: flags.disarm });
      if (rotated.results.length > 0 || rotated.error !== null) return rotated;
      throw deletedMeanwhile(uid);
    });
    measurement.report(report);
    await showRun(this.printer, { flags, config }, report);
    const store = await this.session.storeLabel(config);
    return this.finish(reportJson(report, store), exitCodeOfReport(report));
  }
}
