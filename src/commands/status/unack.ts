// `kms status unack ID`: takes an acknowledgement back.
import { BaseCommand } from '../../cli/base-command.js';
import { textArg } from '../../cli/flags.js';
import { clock } from '../../cli/clock.js';
import { openConditionsNamed, rewriteConditions } from '../../cli/conditions-named.js';
import { conditionJson } from '../../views/status/store-status.js';

export default class StatusUnack extends BaseCommand {
  static override summary = 'take the acknowledgement of a failure back';

  static override examples = ['<%= config.bin %> status unack invoices'];

  static override args = {
    id: textArg({ description: 'id of the failure, or uid of its key', required: true }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(StatusUnack);
    const config = this.configuration(flags);
    const now = clock.now();
    return this.session.withStore(config, 'write', async (store) => {
      const found = await openConditionsNamed(store, args.id);
      const changed = await rewriteConditions(store, found, { acknowledged: null });
      await this.printer.print(
        flags,
        changed.map(({ subject, id }) => `${subject} (${id}) is not acknowledged`),
      );
      const conditions = changed.map((one) => conditionJson(one, now, config.notify));
      return this.finish({ schema: 'kms.condition/v1', conditions, count: changed.length }, 0);
    });
  }
}
