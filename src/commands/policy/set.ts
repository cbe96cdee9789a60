// `kms policy set`: gives keys a rotation policy, as SetAttribute of a server does.
import { Args, Flags } from '@oclif/core';
import { durationFlag, policyFilterFlags } from '../../cli/base-command.js';
import { KmsError } from '../../errors.js';
import { PolicyCommand } from '../../cli/policy-command.js';
import { planPolicies } from '../../policies/policy-plan.js';
import type { DesiredPolicy } from '../../policies/prepare-change.js';
import { assertTargetGiven, resolveTarget } from '../../policies/target.js';

export default class PolicySet extends PolicyCommand {
  static override summary = 'give keys a rotation policy';

  static override description = `What no flag names stays as it is. Of objects that are described, not named, those that no run rotates (public keys, replaced ones and the like) are passed over.`;

  static override examples = [
    '<%= config.bin %> policy set invoices --interval 90d',
    '<%= config.bin %> policy set --tag env:prod --type SymmetricKey --interval 30d --dry-run',
    '<%= config.bin %> policy set legacy --no-automatic',
  ];

  static override args = {
    uid: Args.string({
      description: 'Unique Identifiers, or keysets’ NAME, NAME@latest, NAME@first, NAME@N',
      multiple: true,
    }),
  };

  static override flags = {
    ...policyFilterFlags,
    interval: durationFlag({ description: 'rotate them this often; 0 for never' }),
    offset: durationFlag({
      description: 'rotate them for the first time this long after their Initial Date',
    }),
    automatic: Flags.boolean({
      description: 'let runs rotate them; --no-automatic, or --automatic=false, keeps them from it',
      allowNo: true,
    }),
    keyset: Flags.boolean({
      description: 'make each generation 0 of a keyset named by its uid, unless it is in one',
      default: false,
    }),
    'dry-run': Flags.boolean({ description: 'show what would be changed', default: false }),
    yes: Flags.boolean({
      char: 'y',
      description: 'go on without asking though many keys would be due at once',
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicySet, spelledOut(this.argv));
    const config = this.configuration(flags);
    const desiredPolicy: DesiredPolicy = {
      kind: 'set',
      change: {
        intervalSeconds: flags.interval,
        offsetSeconds: flags.offset,
        automatic: flags.automatic,
        keyset: flags.keyset ? true : undefined,
      },
    };
    if (Object.values(desiredPolicy.change).every((value) => value === undefined)) {
      throw new KmsError('InvalidArgument', 'it is not said what to set', {
        hint: 'give --interval, --offset, --automatic, --no-automatic or --keyset',
      });
    }
    const addresses = argv as string[];
    assertTargetGiven(addresses, flags);
    return this.changePolicies(config, flags, async (store, options) => {
      const target = await resolveTarget(store, addresses, flags);
      const plan = await planPolicies(store, target.pages, options, (properties) =>
        target.select(properties, desiredPolicy),
      );
      return { ...plan, failed: [...target.failed, ...plan.failed] };
    });
  }
}

/** The parser takes no value for a switch, and would make the value a uid. */
function spelledOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, place) => {
    if (end !== -1 && place > end) return argument;
    if (argument === '--automatic=true') return '--automatic';
    return argument === '--automatic=false' ? '--no-automatic' : argument;
  });
}
