// `kms monitoring prometheus`: prints alert rules.
import { BaseCommand } from '../../cli/base-command.js';
import { durationFlag } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { alertRules } from '../../telemetry/alert-rules.js';
import { DAY_SECONDS } from '../../text/duration.js';

export default class MonitoringPrometheus extends BaseCommand {
  static override summary = 'print alert rules for Prometheus';

  static override description = `The rules are about the metrics file that runs and kms warnings write with --metrics-file, for node_exporter. They alert when no good run came for two cadences, when keys stay overdue, fail or are out of reach, when a certificate ends soon, and when notifications are not delivered. It connects to nothing.`;

  static override examples = [
    '<%= config.bin %> monitoring prometheus > kms-rules.yml',
    '<%= config.bin %> monitoring prometheus --every 15m > kms-rules.yml',
  ];

  static override flags = {
    every: durationFlag({
      description: 'how often runs are started; without it the setting store.cadence, or a day',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(MonitoringPrometheus);
    const config = this.configuration(flags);
    const everySeconds = flags.every ?? config.cadenceSeconds ?? DAY_SECONDS;
    if (everySeconds === 0) {
      const hint = 'give --every, or the setting store.cadence, 1m or more';
      throw new KmsError('InvalidArgument', 'runs cannot be started every 0 seconds', { hint });
    }
    const rules = alertRules(everySeconds);
    await this.printer.print(flags, [rules.trimEnd()]);
    return this.finish({ schema: 'kms.monitoring/v1', everySeconds, rules }, 0);
  }
}
