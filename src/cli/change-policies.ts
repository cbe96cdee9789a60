// What the commands that change rotation policies share: plan the changes, ask if many keys would be due at once, write
// them, show the report. Each command says which objects, and which policy they get.
import type { ExitCode } from '../errors.js';
import { changePolicies, type PolicyStore } from '../policies/changes.js';
import { exitCodeOfChanges, policyChangeJson, reportOfPlan } from '../policies/change-report.js';
import type { ChangeOptions } from '../policies/prepare-change.js';
import type { PolicyPlan } from '../policies/policy-plan.js';
import { policyReport } from '../policies/policy-table.js';
import type { Config } from '../settings/config.js';
import type { CommonFlags } from './flags.js';
import type { Printer } from './printing.js';
import type { Session } from './session.js';

/** More keys than this are never made due at once without a question. */
const MANY_DUE = 100;

interface PolicyFlags extends CommonFlags {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
}

export interface PolicyCommand {
  readonly session: Session;
  readonly printer: Printer;
  readonly config: Config;
  readonly flags: PolicyFlags;
}

/** Makes a plan and carries it out, unless it is a dry run. Returns the document and the exit code. */
export async function planAndChangePolicies(
  { session, printer, config, flags }: PolicyCommand,
  makePlan: (store: PolicyStore, options: ChangeOptions) => Promise<PolicyPlan>,
): Promise<{ readonly document: object; readonly exitCode: ExitCode }> {
  const dryRun = flags['dry-run'];
  return session.withPolicyContext(config, dryRun, async (context) => {
    const now = context.now();
    const plan = await makePlan(context.store, {
      now,
      firstDeadline: context.firstDeadline,
      ends: context.ends,
    });
    if (!dryRun && !flags.yes) await confirmManyDue(printer, plan);
    const report = dryRun ? reportOfPlan(plan) : await changePolicies(context, plan);
    await printer.print(flags, policyReport(report, now, printer.out));
    if (report.error !== null) printer.printError(report.error);
    return { document: policyChangeJson(report), exitCode: exitCodeOfChanges(report) };
  });
}

async function confirmManyDue(printer: Printer, { planned }: PolicyPlan): Promise<void> {
  const due = planned.filter(({ newlyDue }) => newlyDue);
  if (due.length <= MANY_DUE) return;
  const example = due[0]?.uid ?? '';
  const message = `this would change ${planned.length} policies and make ${due.length} keys due at once, such as ${JSON.stringify(example)}: the next run would rotate all of them`;
  await printer.confirm({
    lines: [message],
    question: 'Go on?',
    ifRefused: 'nothing was changed',
    ifNobodyCanBeAsked: {
      message,
      hint: 'list them with --dry-run, spread them with a longer --interval or an --offset, or go on with --yes',
    },
  });
}
