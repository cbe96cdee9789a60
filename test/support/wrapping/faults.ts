// What a run got wrong, by two readings of the same store: one from before it and one from after.
import type { RunReport } from '../../../src/report/run-report.js';
import { unwrapStore, type UnwrappedObject, type UnwrappedStore } from './unwrap-store.js';

/**
 * Returns what was lost or left: material that is not as it was, what hangs on a retired key that has a
 * successor, problems that were not there before.
 */
export function faultsAfter(before: UnwrappedStore, after: UnwrappedStore): readonly string[] {
  return [
    ...after.problems.filter((problem) => !before.problems.includes(problem)),
    ...after.underRetired.flatMap((uid) => leftBehind(uid, before, after)),
    ...[...before.objects.values()].flatMap((was) => changed(was, after.objects.get(was.uid))),
  ];
}

/** Unwraps a store after runs, and returns what is wrong: what was lost or left, and what is under a retired key. */
export async function faultsIn(url: string, before: UnwrappedStore): Promise<readonly string[]> {
  const after = await unwrapStore(url);
  const left = after.underRetired.map((uid) => `${uid} is under a retired key`);
  return [...faultsAfter(before, after), ...left];
}

/** Returns which replacements are not wrapped as what they replaced (design: same key, or its successor). */
export function replacementFaults(
  before: UnwrappedStore,
  after: UnwrappedStore,
  report: Pick<RunReport, 'results'>,
): readonly string[] {
  return report.results.flatMap(({ uid, outcome, replacementUid }) => {
    if (outcome !== 'rotated' || replacementUid === null) return [];
    const replaced = before.objects.get(uid);
    const replacement = after.objects.get(replacementUid);
    if (replaced === undefined || replacement === undefined) return [`${uid}: no replacement`];
    const faults: string[] = [];
    if (replacement.state !== 'Active') faults.push(`${uid}: its replacement is not Active`);
    if (replacement.material.bytes.equals(replaced.material.bytes)) {
      faults.push(`${uid}: its replacement has the same material`);
    }
    if (replacement.owner !== replaced.owner) faults.push(`${uid}: another owner`);
    const wanted = replaced.wrappingKeyUid;
    const found = replacement.wrappingKeyUid;
    if (found === wanted) return faults;
    const successors = wanted === null ? [] : replacementsOf(wanted, after);
    if (found === null || !successors.includes(found)) {
      faults.push(`${uid}: was under ${wanted}, its replacement is under ${found}`);
    }
    return faults;
  });
}

function leftBehind(uid: string, before: UnwrappedStore, after: UnwrappedStore): readonly string[] {
  const { wrappingKeyUid, column } = after.objects.get(uid)!;
  if (before.objects.get(uid)?.wrappingKeyUid !== wrappingKeyUid) {
    return [`${uid}: came under ${wrappingKeyUid}, which is not Active`];
  }
  if (!before.underRetired.includes(uid)) return [`${uid}: left under ${wrappingKeyUid}`];
  // Stale dependants are looked for by the column; where it is wrong, only the rotation of a wrapping key reads all rows.
  if (column !== wrappingKeyUid || wrappingKeyUid === null) return [];
  const end = replacementsOf(wrappingKeyUid, after).at(-1);
  if (end === undefined || after.objects.get(end)?.state !== 'Active') return [];
  return [`${uid}: still under ${wrappingKeyUid}, which ${end} replaced`];
}

function changed(was: UnwrappedObject, is: UnwrappedObject | undefined): readonly string[] {
  const { uid } = was;
  if (is === undefined) return [`${uid}: cannot be opened any more, or is gone`];
  const faults: string[] = [];
  if (!is.material.bytes.equals(was.material.bytes)) faults.push(`${uid}: other material`);
  if (is.plaintext !== was.plaintext) faults.push(`${uid}: other bytes inside its wrapping`);
  return faults;
}

function replacementsOf(uid: string, { objects }: UnwrappedStore): readonly string[] {
  const successors: string[] = [];
  for (let at = objects.get(uid)?.replacementUid; at != null;) {
    if (successors.includes(at)) break;
    successors.push(at);
    at = objects.get(at)?.replacementUid;
  }
  return successors;
}
