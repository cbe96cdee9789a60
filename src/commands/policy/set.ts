// `kms policy set`: gives keys a rotation policy, as a server's Set Attribute does.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { planAndChangePolicies } from '../../cli/change-policies.js';
import { durationFlag, policyChangeFlags, policyFilterFlags, uidsArg } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { planPolicies } from '../../policies/policy-plan.js';
import type { DesiredPolicy } from '../../policies/prepare-change.js';
import { assertTargetGiven, resolveTarget } from '../../policies/target.js';

export default class PolicySet extends BaseCommand {
  static override summary = 'give keys a rotation policy';

  static override description = `Changes only what a flag names. If filters choose the objects, those that no run rotates (public keys, replaced keys and the like) are skipped.`;

  static override examples = [
    '<%= config.bin %> policy set invoices --interval 90d',
    '<%= config.bin %> policy set --tag env:prod --type SymmetricKey --interval 30d --dry-run',
    '<%= config.bin %> policy set legacy --no-automatic',
  ];

  static override args = {
    uid: uidsArg,
  };

  static override flags = {
    ...policyFilterFlags,
    interval: durationFlag({ description: 'how often to rotate them; 0 for never' }),
    offset: durationFlag({
      description: 'rotate them for the first time this long after their Initial Date',
    }),
    'before-end': durationFlag({
      description:
        'rotate them this long before they end, by a date or as a certificate, though their interval is not over; instead of the setting rotation.before_end',
    }),
    overlap: durationFlag({
      description:
        'keep them Active this long once they are replaced; instead of the setting rotation.overlap',
    }),
    automatic: Flags.boolean({
      description:
        'let runs rotate them; --no-automatic, or --automatic=false, excludes them from runs',
      allowNo: true,
    }),
    keyset: Flags.boolean({
      description: 'start a keyset for each, named by its uid, unless it is in one',
      default: false,
    }),
    ...policyChangeFlags,
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicySet, spelledOut(this.argv));
    const config = this.configuration(flags);
    const desiredPolicy: DesiredPolicy = {
      kind: 'set',
      change: {
        intervalSeconds: flags.interval,
        offsetSeconds: flags.offset,
        beforeEndSeconds: flags['before-end'],
        overlapSeconds: flags.overlap,
        automatic: flags.automatic,
        keyset: flags.keyset ? true : undefined,
      },
    };
    if (Object.values(desiredPolicy.change).every((value) => value === undefined)) {
      throw new KmsError('InvalidArgument', 'there is nothing to set', {
        hint: 'give --interval, --offset, --before-end, --overlap, --automatic, --no-automatic or --keyset',
      });
    }
    const addresses = argv as string[];
    assertTargetGiven(addresses, flags);
    const { session, printer } = this;
    const command = { session, printer, config, flags };
    const { document, exitCode } = await planAndChangePolicies(command, async (store, options) => {
      const target = await resolveTarget(store, addresses, flags);
      const plan = await planPolicies(store, target.pages, options, (properties) =>
        target.select(properties, desiredPolicy),
      );
      return { ...plan, failed: [...target.failed, ...plan.failed] };
    });
    return this.finish(document, exitCode);
  }
}

/** oclif takes no value for a switch. */
function spelledOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, place) => {
    if (end !== -1 && place > end) return argument;
    if (argument === '--automatic=true') return '--automatic';
    return argument === '--automatic=false' ? '--no-automatic' : argument;
  });
}
