// `kms status ack ID`: says that somebody is on a failure.
import { hostname } from 'node:os';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { openConditionsNamed, rewriteConditions } from '../../cli/conditions-named.js';
import { durationFlag, textFlag, textArg } from '../../cli/flags.js';
import { osUser } from '../../cli/run-context.js';
import { formatInstant } from '../../kmip/date-time.js';
import { conditionJson } from '../../views/status/store-status.js';

export default class StatusAck extends BaseCommand {
  static override summary = 'say that somebody is on a failure';

  static override description = `Runs tell nobody of the failure until then, Alertmanager aside, which would take it for over. It is still listed and counted, and runs still end with exit code 4. The acknowledgement ends when the reason of the failure changes.`;

  static override examples = [
    '<%= config.bin %> status ack invoices --for 7d --reason "waits for the vendor"',
  ];

  static override args = {
    id: textArg({ description: 'id of the failure, or uid of its key', required: true }),
  };

  static override flags = {
    for: durationFlag({ description: 'how long nobody is told', required: true }),
    reason: textFlag({ description: 'why, for others', required: true, helpValue: '<text>' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(StatusAck);
    const config = this.configuration(flags);
    const now = clock.now();
    const acknowledged = {
      until: now + flags.for,
      by: `${osUser()}@${hostname()}`,
      because: flags.reason,
    };
    return this.session.withStore(config, 'write', async (store) => {
      const found = await openConditionsNamed(store, args.id);
      const changed = await rewriteConditions(store, found, { acknowledged });
      const until = formatInstant(acknowledged.until);
      await this.printer.print(
        flags,
        changed.map(({ subject, id }) => `${subject} (${id}) is acknowledged until ${until}`),
      );
      const conditions = changed.map((one) => conditionJson(one, now, config.notify));
      return this.finish({ schema: 'kms.condition/v1', conditions, count: changed.length }, 0);
    });
  }
}
