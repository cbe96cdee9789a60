// Which keys the certificates of a store link to: the Active ones, and those that wrap. Keys link to their certificates
// too, but not every server writes both links.
import { KmsError } from '../errors.js';
import { readableAttributes, type ManagedObject } from '../kmip/managed-object.js';
import type { WrappingKeyMismatch } from '../store/find/find-wrapping-key-mismatches.js';
import { linkTo } from '../kmip/attributes.js';
import { compareUids } from '../rotation/plan.js';
import {
  keyUidsOfCertificate,
  privateUidOf,
  publicUidOf,
  type RelatedObjects,
} from '../rotation/related-objects.js';
import { latestReplacementOrNull } from '../rotation/replacements.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import type { CertificateLinks } from '../flows/rotation-context.js';

/** Returns the links of all Active certificates; one whose attributes cannot be read links to nothing. */
export async function certificateLinks(
  store: Pick<Store, 'findActiveCertificates'>,
): Promise<readonly CertificateLinks[]> {
  const found: CertificateLinks[] = [];
  for await (const page of store.findActiveCertificates({ tags: [] })) {
    for (const foundRow of page) {
      const linkedUids = linkedKeys(foundRow);
      if (linkedUids.length > 0) found.push({ uid: foundRow.id, linkedUids });
    }
  }
  return found;
}

/** Returns the uids of the Active certificates that use a key, or the pair that it belongs to, in order. */
export function certificatesUsing(
  key: ManagedObject,
  relatedObjects: RelatedObjects,
  links: readonly CertificateLinks[],
): readonly string[] {
  const { objectType, uniqueIdentifier: uid } = key;
  if (objectType !== 'PrivateKey' && objectType !== 'PublicKey') return [];
  const counterpartUid = objectType === 'PrivateKey' ? publicUidOf(key) : privateUidOf(key);
  const pairUids = [uid, counterpartUid];
  const linking = links.filter(({ linkedUids }) =>
    linkedUids.some((one) => pairUids.includes(one)),
  );
  const named = [key, relatedObjects.get(counterpartUid ?? '')].flatMap((one) =>
    one === undefined || one instanceof KmsError ? [] : activeCertificateOf(one, relatedObjects),
  );
  return [...new Set([...linking.map((one) => one.uid), ...named])].sort(compareUids);
}

/**
 * Returns the latest of the certificate that a key itself names, if that is in use; none if its replacements lead in a
 * circle, which the renewal of that certificate reports.
 */
function activeCertificateOf(
  { attributes }: ManagedObject,
  relatedObjects: RelatedObjects,
): readonly string[] {
  const certificate = relatedObjects.get(linkTo(attributes, 'CertificateLink') ?? '');
  if (certificate === undefined || certificate instanceof KmsError) return [];
  const latest = latestReplacementOrNull(certificate, relatedObjects);
  return latest?.state === 'Active' ? [latest.uniqueIdentifier] : [];
}

/**
 * Returns the links of all certificates that wrap something, Active or not; among them those that only the bytes
 * of an object name.
 */
export async function wrappingCertificates(
  store: Pick<Store, 'findWrappingCertificates' | 'loadRelated'>,
  wrappingKeyMismatches: readonly WrappingKeyMismatch[],
): Promise<readonly CertificateLinks[]> {
  const found: CertificateLinks[] = [];
  for await (const page of store.findWrappingCertificates()) {
    found.push(...page.map((one) => ({ uid: one.id, linkedUids: linkedKeys(one) })));
  }
  const named = [...new Set(wrappingKeyMismatches.map(({ wrappingKeyUid }) => wrappingKeyUid))];
  for (const object of (await store.loadRelated(named)).values()) {
    if (object instanceof KmsError || object.objectType !== 'Certificate') continue;
    const { uniqueIdentifier: uid } = object;
    if (named.includes(uid)) found.push({ uid, linkedUids: keyUidsOfCertificate(object) });
  }
  return found;
}

function linkedKeys({
  id,
  attributes: text,
}: Pick<FoundRow, 'id' | 'attributes'>): readonly string[] {
  return (readableAttributes(id, text)?.links ?? [])
    .filter(({ linkType }) => linkType === 'PublicKeyLink' || linkType === 'PrivateKeyLink')
    .map(({ linkedObjectIdentifier }) => linkedObjectIdentifier);
}
