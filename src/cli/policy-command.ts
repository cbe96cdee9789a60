// What the commands that change rotation policies share: look at all first, ask where many keys would be due
// at once, write, tell. Which objects, and what is wished for them, each command says.
import { randomUUID } from 'node:crypto';
import { BaseCommand, type CommonFlags } from './base-command.js';
import { clock } from './clock.js';
import type { Config } from '../settings/config.js';
import { policyReport } from '../policies/policy-table.js';
import {
  changePolicies,
  exitCodeOfChanges,
  policyChangeJson,
  reportOfPlan,
  type PolicyContext,
} from '../policies/changes.js';
import type { PolicyPlan } from '../policies/policy-plan.js';
import type { PolicyOptions } from '../policies/prepare-change.js';
import { watchSignals } from './signals.js';
import type { Store } from '../store/open.js';

/** More keys than these are not made due at once without a word. */
const MANY_DUE = 100;

export interface PolicyFlags extends CommonFlags {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
}

export abstract class PolicyCommand extends BaseCommand {
  protected async changePolicies(
    config: Config,
    flags: PolicyFlags,
    plan: (store: Store, terms: PolicyOptions) => Promise<PolicyPlan>,
  ): Promise<object> {
    const dryRun = flags['dry-run'];
    return this.withPolicyContext(config, dryRun, async (context) => {
      const now = context.now();
      const planned = await plan(context.store, { now, firstDeadline: context.firstDeadline });
      if (!dryRun && !flags.yes) await this.agreeToManyDue(planned);
      const report = dryRun ? reportOfPlan(planned) : await changePolicies(context, planned);
      await this.print(flags, policyReport(report, now, this.out));
      if (report.error !== null) this.printError(report.error);
      return this.finish(policyChangeJson(report), exitCodeOfChanges(report));
    });
  }

  /** A first signal ends the work after the batch that is in it. */
  private async withPolicyContext<T>(
    config: Config,
    dryRun: boolean,
    use: (context: PolicyContext) => Promise<T>,
  ): Promise<T> {
    const signals = watchSignals();
    try {
      return await this.withStore(config, dryRun ? 'read' : 'write', (store) =>
        use({
          store,
          now: () => clock.now(),
          monotonicMs: () => performance.now(),
          runId: randomUUID(),
          identity: this.identity(),
          firstDeadline: config.firstDeadline,
          stopRequested: () => signals.stopRequested(),
        }),
      );
    } finally {
      signals.dispose();
    }
  }

  private async agreeToManyDue({ planned }: PolicyPlan): Promise<void> {
    const due = planned.filter(({ newlyDue }) => newlyDue);
    if (due.length <= MANY_DUE) return;
    const example = due[0]?.uid ?? '';
    await this.agree(
      `${planned.length} policies would be changed, and ${due.length} keys be due at once, ${JSON.stringify(example)} for one: the next run would rotate them all`,
      '--dry-run lists them; a longer interval or an offset spreads them; --yes goes on',
    );
  }
}
