// Re-Certify (KMIP 2.1 §6.1.45): a certificate for the same key from the same issuer. Its keys are linked to it, and
// objects that name it as their wrapping key move to it.
import { KmsError } from '../../errors.js';
import { linkTo, withLink } from '../../kmip/attributes.js';
import type { JsonObject } from '../../kmip/json.js';
import { withAttributes, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import {
  keyUidsOfCertificate,
  privateUidOf,
  publicUidOf,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { earlierOf, type Validity } from '../../rotation/deadline.js';
import { assertOwnKey, privateKeyOf } from './certificate-keys.js';
import { certificateOf } from './certificate-object.js';
import { replaceCertificate } from './replace-certificate.js';
import type { Change, Rewrapping, Rotation } from '../change.js';
import { replacementFor, rotationSummary, type Replacement } from '../replacement.js';
import { deadlineByEnds } from '../../rotation/ends.js';
import { overlapFor } from '../overlap-for.js';
import { rewrappingOf } from '../wrapping/rewrap-dependants.js';
import { unwrappingKeyFor } from '../wrapping/unwrapping.js';
import { SYSTEM_TAGS } from '../../kmip/vocabulary.js';
import type { RotationContext } from '../rotation-context.js';

/**
 * Returns the rotation of a certificate.
 *
 * @throws KmsError KeyMismatch, or what replaceCertificate throws.
 */
export async function recertify(
  candidate: RotationCandidate,
  object: ManagedObject,
  context: RotationContext,
): Promise<Rotation> {
  const { relatedObjects } = candidate;
  const replaced = certificateOf(object);
  assertOwnKey(replaced, relatedObjects);
  const replacement = replacementFor(object, context, SYSTEM_TAGS.Certificate);
  const keys = keysOfCertificate(object, relatedObjects);
  const overlap = overlapFor(candidate, context, { replaced: [object], keys });
  const renewal = { relatedObjects, context, newKey: null, overlap };
  const { changes, notices, validity, endsWithIssuer } = await replaceCertificate(
    replaced,
    replacement,
    renewal,
  );
  return {
    ...rotationSummary(object, replacement),
    nextDeadline: nextRenewal(replacement, validity, context),
    endsWithIssuer,
    flow: 'certificate',
    changes: [
      ...changes,
      ...keys.map((key): Change => ({
        kind: 'replace',
        before: key.row,
        after: linkedToCertificate(key, replacement.uid),
      })),
    ],
    rewrapping: rewrappingOfCertificate(candidate, context, object, replacement.uid),
    notices,
  };
}

function nextRenewal(
  { attributes, nextDeadline }: Replacement,
  validity: Validity,
  { ends }: RotationContext,
): EpochSeconds | null {
  if (nextDeadline === null) return null;
  const lifetime = { members: attributes, counterpart: null, validity };
  const scheduled = { at: nextDeadline, rule: 'rotate-date+interval' } as const;
  return earlierOf(scheduled, deadlineByEnds(lifetime, ends).deadline).at;
}

/** Returns the row of a key that goes with a certificate, in both copies of its attributes. */
export function linkedToCertificate(key: ManagedObject, uid: string): ObjectRow {
  const embedded = key.keyBlock?.attributes?.members ?? null;
  const linked = (members: JsonObject) => withLink(members, 'CertificateLink', uid);
  return withAttributes(key, {
    state: key.state,
    attributes: linked(key.attributes.members),
    embedded: embedded === null ? null : linked(embedded),
  });
}

/** Returns the keys that link to a certificate: both keys of a pair, even if it links only to one. */
export function keysOfCertificate(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): readonly ManagedObject[] {
  const linked = keyUidsOfCertificate(object);
  const others = linked.flatMap((uid) => counterpartOf(relatedObjects.get(uid)) ?? []);
  return [...new Set([...linked, ...others])].flatMap((uid) => {
    const key = relatedObjects.get(uid);
    if (key === undefined) return [];
    if (key instanceof KmsError) throw key;
    const certificateUid = linkTo(key.attributes, 'CertificateLink');
    return certificateUid === object.uniqueIdentifier ? [key] : [];
  });
}

function counterpartOf(key: ManagedObject | KmsError | undefined): string | null {
  if (key === undefined || key instanceof KmsError) return null;
  return key.objectType === 'PrivateKey' ? publicUidOf(key) : privateUidOf(key);
}

/** Objects that name a certificate as their wrapping key are wrapped by its key, and go on to be, under its new uid. */
function rewrappingOfCertificate(
  candidate: RotationCandidate,
  context: RotationContext,
  object: ManagedObject,
  uid: string,
): Rewrapping | null {
  const uids = new Map([[object.uniqueIdentifier, uid]]);
  const { relatedObjects } = candidate;
  const isWrapping =
    candidate.dependants > 0 ||
    context.wrappingKeyMismatches.some(({ wrappingKeyUid }) => uids.has(wrappingKeyUid));
  if (!isWrapping) return null;
  const privateKey = privateKeyOf(object, relatedObjects, object);
  return rewrappingOf(candidate, context, {
    uids,
    retiredUids: [object.uniqueIdentifier],
    replaced: privateKey,
    replacementKey: () => unwrappingKeyFor(privateKey.uniqueIdentifier, relatedObjects),
  });
}
