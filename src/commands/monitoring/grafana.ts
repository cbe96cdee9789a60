// `kms monitoring grafana`: prints a dashboard.
import { BaseCommand } from '../../cli/base-command.js';
import { dashboard } from '../../telemetry/dashboard.js';

export default class MonitoringGrafana extends BaseCommand {
  static override summary = 'print a dashboard for Grafana';

  static override description = `The dashboard is about the metrics file that runs and kms warnings write with --metrics-file, for node_exporter. It shows what is wrong, when the last good run came, rotations over time, and deadlines that are near. It connects to nothing.`;

  static override examples = ['<%= config.bin %> monitoring grafana > kms-dashboard.json'];

  async run(): Promise<object> {
    const { flags } = await this.parse(MonitoringGrafana);
    const board = dashboard();
    await this.printer.print(flags, [JSON.stringify(board, null, 2)]);
    return this.finish({ schema: 'kms.dashboard/v1', dashboard: board }, 0);
  }
}
