// `kms policy clear`: takes rotation policies away.
import { Args, Flags } from '@oclif/core';
import { policyFilterFlags } from '../../cli/base-command.js';
import { PolicyCommand } from '../../cli/policy-command.js';
import { planPolicies } from '../../policies/policy-plan.js';
import { assertTargetGiven, resolveTarget } from '../../policies/target.js';

export default class PolicyClear extends PolicyCommand {
  static override summary = 'take the rotation policy of keys away';

  static override description = `Interval, offset and the automatic flag are taken away. A keyset stays one: what was encrypted is found by its generations.`;

  static override examples = [
    '<%= config.bin %> policy clear invoices',
    '<%= config.bin %> policy clear --tag env:test --dry-run',
  ];

  static override args = {
    uid: Args.string({
      description: 'Unique Identifiers, or keysets’ NAME, NAME@latest, NAME@first, NAME@N',
      multiple: true,
    }),
  };

  static override flags = {
    ...policyFilterFlags,
    'dry-run': Flags.boolean({ description: 'show what would be changed', default: false }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicyClear);
    const config = this.configuration(flags);
    const addresses = argv as string[];
    assertTargetGiven(addresses, flags);
    return this.changePolicies(config, { ...flags, yes: false }, async (store, options) => {
      const target = await resolveTarget(store, addresses, flags, 'with-policy');
      const plan = await planPolicies(store, target.pages, options, (properties) =>
        target.select(properties, { kind: 'clear' }),
      );
      return { ...plan, failed: [...target.failed, ...plan.failed] };
    });
  }
}
