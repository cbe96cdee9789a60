// `kms status show ID`: one failure, also one that is over.
import { BaseCommand } from '../../cli/base-command.js';
import { textArg } from '../../cli/flags.js';
import { clock } from '../../cli/clock.js';
import { conditionsNamed } from '../../cli/conditions-named.js';
import { conditionLines } from '../../views/status/status-lines.js';
import { conditionJson } from '../../views/status/store-status.js';

export default class StatusShow extends BaseCommand {
  static override summary = 'show a failure, also one that is over';

  static override examples = ['<%= config.bin %> status show invoices'];

  static override args = {
    id: textArg({ description: 'id of the failure, or uid of its key', required: true }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(StatusShow);
    const config = this.configuration(flags);
    const { notify } = config;
    const now = clock.now();
    return this.session.withStore(config, 'read', async (store) => {
      const found = await conditionsNamed(store, args.id);
      const { out } = this.printer;
      const lines = found.flatMap((one) => [...conditionLines(one, now, notify, out)]);
      await this.printer.print(flags, lines);
      const conditions = found.map((one) => conditionJson(one, now, notify));
      return this.finish({ schema: 'kms.condition/v1', conditions, count: found.length }, 0);
    });
  }
}
