// The generations of a key, from the first to the latest: along the links from replaced to replacement, and through its
// keyset. If two objects are linked as the replacement of one, both are listed.
import { keyView, type KeyView } from './key-view.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import type { Store } from '../../store/store.js';

/** Returns the generations of an object, oldest first. */
export async function lineageOf(
  store: Pick<Store, 'load' | 'existingUids'>,
  uid: string,
  options: EvaluationOptions,
): Promise<readonly KeyView[]> {
  const found = new Map<string, KeyView>();
  let wanted: readonly string[] = [uid];
  while (wanted.length > 0) {
    const candidates = await store.load(wanted);
    for (const candidate of candidates) found.set(candidate.row.id, keyView(candidate, options));
    wanted = [...new Set(candidates.flatMap(relatedObjects))].filter((other) => !found.has(other));
    const present = await store.existingUids(wanted);
    wanted = wanted.filter((other) => present.has(other));
  }
  return oldestFirst(found);
}

/** Returns the generations of the keyset of this name that an object belongs to, else the object alone. */
export async function uidsOfKeyset(
  store: Pick<Store, 'load' | 'existingUids'>,
  name: string,
  uid: string,
): Promise<readonly string[]> {
  const generations = await lineageOf(store, uid, NO_OPTIONS);
  const isOfKeyset = generations.some((view) => view.uid === uid && view.keyset === name);
  return isOfKeyset ? generations.map((view) => view.uid) : [uid];
}

function relatedObjects(candidate: RotationCandidate): readonly string[] {
  const { replacedUid, replacementUid } = keyView(candidate, NO_OPTIONS);
  return [replacedUid, replacementUid, ...candidate.keyset.map((member) => member.uid)].filter(
    (uid) => uid !== null,
  );
}

const NO_OPTIONS: EvaluationOptions = { now: 0, withinSeconds: 0, firstDeadline: 'offset' };

function oldestFirst(views: ReadonlyMap<string, KeyView>): readonly KeyView[] {
  const order = (view: KeyView): readonly [number, string] => [
    view.generation,
    view.rotateDate ?? view.initialDate ?? '',
  ];
  return [...views.values()].sort((a, b) => {
    const [generationA, dateA] = order(a);
    const [generationB, dateB] = order(b);
    return generationA - generationB || dateA.localeCompare(dateB) || a.uid.localeCompare(b.uid);
  });
}
