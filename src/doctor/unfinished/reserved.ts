// Keys that only people decide about: the key encryption key of a server, and keys in a hardware security module.
import { serverKekUids } from '../../flows/server-kek.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { isInModule, type RelatedObjects } from '../../rotation/related-objects.js';
import {
  uidsOfGeneration,
  type Generation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { DoctorContext } from '../doctor-context.js';

/** A configured key encryption key is known; without one, a key that wraps like a server’s is taken for one. */
export async function loadCandidates(
  { store, serverKek: { uid } }: DoctorContext,
  generations: readonly Generation[],
): Promise<ReadonlyMap<string, RotationCandidate>> {
  const uids = [...new Set(generations.map(({ key }) => key.uniqueIdentifier))];
  const alsoRelated = uid === null || uid === 'none' || isHsmUid(uid) ? [] : [uid];
  const detectServerKek = uid !== 'none';
  const loaded = await store.load(uids, { alsoRelated, detectServerKek });
  return new Map(loaded.map((candidate) => [candidate.row.id, candidate]));
}

/** Returns why only people decide about these: a key of a module, or the key encryption key of a server. */
export function reservedReason(
  { serverKek }: Pick<DoctorContext, 'serverKek'>,
  generations: readonly Generation[],
  candidates: ReadonlyMap<string, RotationCandidate>,
  related: RelatedObjects,
): string | null {
  const uids = generations.flatMap(uidsOfGeneration);
  const inModule = uids.find((uid) => isInModule(uid, related));
  if (inModule !== undefined)
    return `${JSON.stringify(inModule)} lies in a hardware security module, or under a key of one`;
  const keks = new Set(
    [...candidates.values()].flatMap(({ relatedObjects, likeServerKek, row }) => [
      ...serverKekUids(serverKek, relatedObjects),
      ...(likeServerKek ? [row.id] : []),
    ]),
  );
  const kek = uids.find((uid) => keks.has(uid));
  return kek === undefined
    ? null
    : `${JSON.stringify(kek)} is the key encryption key of a server, or wraps like one`;
}
