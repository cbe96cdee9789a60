// `kms policy show`: lists rotation policies.
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { policyFilterFlags, uidsArg } from '../../cli/flags.js';
import { mostSerious } from '../../errors.js';
import { policyEntry, policyListJson, type PolicyEntry } from '../../policies/policy-list.js';
import { resolveTarget, type Target } from '../../policies/target.js';
import { byDeadlineThenUid } from '../../rotation/plan.js';
import { policyTable } from '../../policies/policy-table.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import type { Store } from '../../store/store.js';

export default class PolicyShow extends BaseCommand {
  static override summary = 'show rotation policies';

  static override description = `Lists every object that has a policy, or the objects that are named or match the filters, and the verdict of a run on each.`;

  static override examples = [
    '<%= config.bin %> policy show',
    '<%= config.bin %> policy show invoices --json',
    '<%= config.bin %> policy show --tag env:prod',
  ];

  static override args = {
    uid: uidsArg,
  };

  static override flags = { ...policyFilterFlags };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicyShow);
    const config = this.configuration(flags);
    const now = clock.now();
    const options: EvaluationOptions = {
      now,
      withinSeconds: 0,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
      hsm: config.hsm,
    };
    return this.session.withStore(config, 'read', async (store) => {
      const target = await resolveTarget(store, argv as string[], flags, 'with-policy');
      const shown = await entriesOf(store, target, options);
      await this.printer.print(flags, policyTable(shown, now, this.printer.out));
      if (shown.length === 0 && this.printer.out.isTerminal) {
        await this.printer.print(flags, ['No object has a rotation policy.']);
      }
      for (const { error } of target.failed) this.printer.printError(error);
      const failed = target.failed.length > 0;
      return this.finish(policyListJson(shown, target.failed, now), mostSerious(failed ? [4] : []));
    });
  }
}

async function entriesOf(
  store: Pick<Store, 'load'>,
  target: Target,
  options: EvaluationOptions,
): Promise<readonly PolicyEntry[]> {
  const entries: PolicyEntry[] = [];
  for await (const uids of target.pages) {
    for (const candidate of await store.load(uids)) {
      const entry = policyEntry(candidate, options);
      const { uid, owner, objectType, algorithm } = entry;
      const properties = { uid, owner, objectType: objectType ?? '', algorithm, tags: [] };
      if (target.select(properties, { kind: 'leave' }) !== null) entries.push(entry);
    }
  }
  return entries.sort((a, b) =>
    byDeadlineThenUid(
      { uid: a.uid, deadlineAt: a.deadline ?? Infinity },
      { uid: b.uid, deadlineAt: b.deadline ?? Infinity },
    ),
  );
}
