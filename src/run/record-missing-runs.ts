// Records that runs of other scopes did not come, and that they came again: a run that never starts cannot tell of
// itself, so every other one does.
import type { Condition, Observation } from '../conditions/condition.js';
import { observe, resolve, type Decision } from '../conditions/decide.js';
import { textDigest } from '../crypto/text-digest.js';
import { formatInstant } from '../kmip/date-time.js';
import { MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { UNKNOWN_OBJECT } from '../report/object-summary.js';
import { conditionEvent } from '../report/condition-events.js';
import { isMissing, scopeWords, type LastRun, type RunScope } from '../store/own/last-runs.js';
import type { Store } from '../store/store.js';
import { exactDuration } from '../text/duration.js';
import { recordConditions, type ConditionsContext } from './record-conditions.js';

/** `own`: the scope of this run, which is good or not. */
export async function recordMissingRuns(
  context: ConditionsContext & {
    readonly store: Pick<Store, 'lastRuns' | 'openConditions'>;
  },
  own: { readonly scope: RunScope; readonly isGood: boolean },
): Promise<void> {
  const { store, now } = context;
  const ownSubject = subjectOf(own.scope);
  const isOwnAndGood = (subject: string) => own.isGood && subject === ownSubject;
  const missing = (await store.lastRuns()).flatMap((run) =>
    isMissing(run, now()) && !isOwnAndGood(subjectOf(run.scope)) ? [observationOf(run)] : [],
  );
  await recordConditions(
    context,
    missing.map((name) => ({ name })),
    ({ name }, before, at) => {
      const decision = observe(before, name, at, context.remindAfterSeconds);
      return { decision, rows: rowsOf(context, decision) };
    },
  );
  const subjects = new Set(missing.map(({ subject }) => subject));
  const over = (await store.openConditions()).filter(
    ({ kind, subject }) => kind === 'no-run' && !subjects.has(subject),
  );
  await recordConditions(
    context,
    over.map((name) => ({ name })),
    (_, before, at) => {
      const decision = before === null ? null : resolve(before, 'run-came', at);
      return decision && { decision, rows: rowsOf(context, decision) };
    },
  );
}

function subjectOf(scope: RunScope): Condition['subject'] {
  const words = scopeWords(scope);
  if (words === '') return 'all';
  // The column is as wide as one for uids.
  return words.length <= MAX_UID_LENGTH ? words : `scope ${textDigest(words).slice(0, 8)}`;
}

function observationOf({ scope, cadenceSeconds, lastGoodAt }: LastRun): Observation {
  const words = scopeWords(scope);
  const last =
    lastGoodAt === null ? 'none has come yet' : `the last was ${formatInstant(lastGoodAt)}`;
  const which = words === '' ? 'no good run' : `no good run for ${words}`;
  return {
    kind: 'no-run',
    subject: subjectOf(scope),
    about: UNKNOWN_OBJECT,
    reason: 'NoGoodRun',
    message: `${which} came, though one is expected every ${exactDuration(cadenceSeconds ?? 0)}: ${last}`,
    hint: 'look at the schedule and at what it logged',
  };
}

/** The rotation log is about objects, so it has no row of this. */
function rowsOf(context: ConditionsContext, { condition, telling }: Decision) {
  const messages =
    telling === null
      ? []
      : context.enqueueEvent((origin) => conditionEvent(origin, condition, telling));
  return { log: [], messages };
}
