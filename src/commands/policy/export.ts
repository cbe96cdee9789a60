// `kms policy export`: prints a policy file with the policies of a store.
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { formatInstant } from '../../kmip/date-time.js';
import { exportRules } from '../../policies/export-rules.js';
import { formatPolicyFile } from '../../policies/policy-file.js';
import { membersOf } from '../../policies/rule-members.js';

export default class PolicyExport extends BaseCommand {
  static override summary = 'print the present policies as a policy file';

  static override description = `Keys of one owner, type and algorithm that have the same policy share a rule; other keys are named. Applying the file changes nothing.`;

  static override examples = ['<%= config.bin %> policy export > policies.toml'];

  async run(): Promise<object> {
    const { flags } = await this.parse(PolicyExport);
    const config = this.configuration(flags);
    return this.session.withStore(config, 'read', async (store) => {
      const { rules, keys, inexpressible } = await exportRules(store);
      const comment = [
        `rotation policies of ${keys} keys, as kms policy export found them`,
        `${formatInstant(clock.now())}, ${store.redactedUrl}`,
        ...inexpressible.map((uid) => `cannot be expressed here: ${JSON.stringify(uid)}`),
      ];
      await this.printer.print(flags, [formatPolicyFile(rules, comment).trimEnd()]);
      return this.finish(
        {
          schema: 'kms.policy-export/v1',
          rules: rules.map(membersOf),
          keys,
          untold: inexpressible,
        },
        0,
      );
    });
  }
}
