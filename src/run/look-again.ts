// Looks again at objects that had something wrong with them and that the run did not come to: a condition is over only
// when the object itself shows it.
import {
  isOfObject,
  isOfRotation,
  isToldByWarnings,
  type Condition,
  type Resolution,
} from '../conditions/condition.js';
import { errorThrownBy, type KmsError } from '../errors.js';
import { yieldsResult, type Eligibility } from '../rotation/eligibility.js';
import type { RunReport } from '../report/run-report.js';
import { evaluated } from '../survey/evaluated-candidate.js';
import type { Run } from './context.js';
import { recordRecoveries, type SeenRecovery } from './record-conditions.js';

/** The longest look, in objects; the oldest conditions first. */
const MOST_OBJECTS = 1000;

/** How many objects are loaded at once. */
const BATCH = 100;

/** Records what is over, and returns what kept it from that. `sawDependants`: whether the run saw all stale ones. */
export function lookAgain(
  run: Run,
  report: Pick<RunReport, 'results' | 'rewrappedDependants' | 'retired'>,
  sawDependants: boolean,
): Promise<KmsError | null> {
  return errorThrownBy(async () => {
    if (run.dryRun) return;
    const failed = new Set(uidsOf([...report.results, ...report.retired]));
    const stale = new Set(uidsOf(report.rewrappedDependants));
    const open = (await run.store.openConditions()).filter(
      (condition) => isOfObject(condition) && !isToldByWarnings(condition),
    );
    const unseen = open.filter((condition) =>
      isOfRotation(condition)
        ? !failed.has(condition.subject)
        : sawDependants && !stale.has(condition.subject),
    );
    for (let start = 0; start < Math.min(unseen.length, MOST_OBJECTS); start += BATCH) {
      if (await run.isOver()) return;
      await recordRecoveries(run, await recoveredOf(run, unseen.slice(start, start + BATCH)));
    }
  });
}

function uidsOf(
  results: readonly { readonly uid: string; readonly error: KmsError | null }[],
): readonly string[] {
  return results.flatMap(({ uid, error }) => (error === null ? [] : [uid]));
}

async function recoveredOf(
  { store, now, firstDeadline, ends, hsm }: Run,
  conditions: readonly Condition[],
): Promise<readonly SeenRecovery[]> {
  const uids = conditions.map(({ subject }) => subject);
  const options = { now: now(), firstDeadline, ends, hsm, withinSeconds: 0 };
  const evaluations = new Map(
    (await store.load(uids)).map((candidate) => [
      candidate.row.id,
      evaluated(candidate, options).evaluation,
    ]),
  );
  const replacements = await store.loggedReplacements(uids);
  return conditions.flatMap((condition) => {
    const { subject } = condition;
    const evaluation = evaluations.get(subject);
    if (evaluation === undefined) return [{ condition, how: 'gone' as const }];
    if (!isOfRotation(condition)) return [{ condition, how: 're-wrapped' as const }];
    if (yieldsResult(evaluation)) return [];
    const isRotated = replacements.has(subject);
    return [{ condition, how: isRotated ? 'rotated' : resolutionOf(evaluation.eligibility) }];
  });
}

function resolutionOf(eligibility: Eligibility): Resolution {
  switch (eligibility) {
    case 'not-armed':
    case 'opted-out':
      return 'disarmed';
    case 'not-active':
      return 'retired';
    case 'already-replaced':
      return 'rotated';
    case 'due':
    case 'unsupported':
    case 'undecidable':
    case 'upcoming':
    case 'not-due':
    case 'hsm-resident':
    case 'public-key':
    case 'retiring':
      return 'not-due';
  }
}
