// Records that runs of other scopes did not come, and that they came again: a run that never starts cannot tell of
// itself, so every other one does.
import { formatInstant } from '../kmip/date-time.js';
import { isMissing, scopeWords, type LastRun, type RunScope } from '../store/own/last-runs.js';
import type { Store } from '../store/store.js';
import { exactDuration } from '../text/duration.js';
import { recordFaults, subjectOf, type Fault, type FaultsContext } from './record-faults.js';

/** `own`: the scope of this run, which is good or not. */
export async function recordMissingRuns(
  context: FaultsContext & { readonly store: Pick<Store, 'lastRuns'> },
  own: { readonly scope: RunScope; readonly isGood: boolean },
): Promise<void> {
  const { store, now } = context;
  const ownSubject = scopeSubject(own.scope);
  const runs = await store.lastRuns();
  const missing = runs.flatMap((run) => {
    const isOwnAndGood = own.isGood && scopeSubject(run.scope) === ownSubject;
    return isMissing(run, now()) && !isOwnAndGood ? [faultOf(run)] : [];
  });
  const forgotten = runs
    .filter(({ cadenceSeconds }) => cadenceSeconds === null)
    .map(({ scope }) => scopeSubject(scope));
  await recordFaults(context, 'no-run', missing, ({ subject }) =>
    forgotten.includes(subject) && subject !== ownSubject ? 'not-expected' : 'run-came',
  );
}

/** Expects no run any more whose scope is one of these, until one comes. */
export async function forgetRuns(
  store: Pick<Store, 'lastRuns' | 'recordRun'>,
  subjects: readonly string[],
): Promise<void> {
  for (const run of await store.lastRuns()) {
    if (!subjects.includes(scopeSubject(run.scope))) continue;
    await store.recordRun({ ...run, cadenceSeconds: null });
  }
}

function scopeSubject(scope: RunScope): string {
  const words = scopeWords(scope);
  return words === '' ? 'all' : subjectOf(words);
}

function faultOf({ scope, cadenceSeconds, lastGoodAt }: LastRun): Fault {
  const words = scopeWords(scope);
  const last =
    lastGoodAt === null ? 'none has come yet' : `the last was ${formatInstant(lastGoodAt)}`;
  const which = words === '' ? 'no good run' : `no good run for ${words}`;
  return {
    kind: 'no-run',
    subject: scopeSubject(scope),
    reason: 'NoGoodRun',
    message: `${which} came, though one is expected every ${exactDuration(cadenceSeconds ?? 0)}: ${last}`,
    hint: 'look at the schedule and at what it logged',
  };
}
