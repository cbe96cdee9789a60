// The overlap that a rotation begins, by what is known of the objects that it replaces. rotation/overlap.ts decides.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { overlapOf } from '../rotation/overlap.js';
import type { Overlap } from '../rotation/retiring-object.js';
import { uidsOfWrappingKey } from '../rotation/related-objects.js';
import { mayWrap } from '../rotation/wrapping-rules.js';
import { certificateOf } from './certificates/certificate-object.js';
import type { RotationContext } from './rotation-context.js';
import { serverKekUids } from './server-kek.js';

export interface ReplacedObjects {
  /** What is replaced together, the candidate’s object first. */
  readonly replaced: readonly [ManagedObject, ...ManagedObject[]];
  /** The keys that could wrap: those of a certificate, if it is alone. */
  readonly keys: readonly ManagedObject[];
}

/** Returns the overlap of what a rotation replaces; null if there is none. @throws KmsError why a certificate cannot be read. */
export function overlapFor(
  candidate: RotationCandidate,
  context: RotationContext,
  { replaced, keys }: ReplacedObjects,
): Overlap | null {
  const { now, overlap } = context;
  const overlapSeconds = overlap.asked ?? candidate.options.overlapSeconds ?? overlap.byDefault;
  if (overlapSeconds === 0) return null;
  const certificates = replaced.filter(({ objectType }) => objectType === 'Certificate');
  return overlapOf(replaced, {
    now,
    overlapSeconds,
    // Of a certificate without a key in the store, nobody knows.
    mayWrap: isWrapping(candidate, context) || keys.length === 0 || keys.some(mayWrap),
    certificateEnds: certificates.map((object) => certificateOf(object).certificate.notAfter),
  });
}

/** Says whether objects, or the configuration, name one of them as their wrapping key. */
function isWrapping(
  { object, dependants, likeServerKek, relatedObjects }: RotationCandidate,
  { serverKek, wrappingKeyMismatches, wrappingCertificates }: RotationContext,
): boolean {
  if (object instanceof KmsError) throw object;
  if (dependants > 0 || likeServerKek) return true;
  const uids = uidsOfWrappingKey(object, wrappingCertificates);
  const kekUids = serverKekUids(serverKek, relatedObjects);
  return (
    uids.some((uid) => kekUids.has(uid)) ||
    wrappingKeyMismatches.some(({ wrappingKeyUid }) => uids.includes(wrappingKeyUid))
  );
}
