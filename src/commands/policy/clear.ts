// `kms policy clear`: removes rotation policies.
import { BaseCommand } from '../../cli/base-command.js';
import { planAndChangePolicies } from '../../cli/change-policies.js';
import { policyChangeFlags, policyFilterFlags, uidsArg } from '../../cli/flags.js';
import { planPolicies } from '../../policies/policy-plan.js';
import { assertTargetGiven, resolveTarget } from '../../policies/target.js';

export default class PolicyClear extends BaseCommand {
  static override summary = 'remove the rotation policy of keys';

  static override description = `Removes interval, offset, the time before its end, and the automatic flag. A keyset stays a keyset: its generations are needed to decrypt what they encrypted.`;

  static override examples = [
    '<%= config.bin %> policy clear invoices',
    '<%= config.bin %> policy clear --tag env:test --dry-run',
  ];

  static override args = {
    uid: uidsArg,
  };

  static override flags = {
    ...policyFilterFlags,
    'dry-run': policyChangeFlags['dry-run'],
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicyClear);
    const config = this.configuration(flags);
    const addresses = argv as string[];
    assertTargetGiven(addresses, flags);
    const { session, printer } = this;
    const command = { session, printer, config, flags: { ...flags, yes: false } };
    const { document, exitCode } = await planAndChangePolicies(command, async (store, options) => {
      const target = await resolveTarget(store, addresses, flags, 'with-policy');
      const plan = await planPolicies(store, target.pages, options, (properties) =>
        target.select(properties, { kind: 'clear' }),
      );
      return { ...plan, failed: [...target.failed, ...plan.failed] };
    });
    return this.finish(document, exitCode);
  }
}
