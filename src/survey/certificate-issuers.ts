// Which Active certificates of a store may have issued others: by the name of their subject, for certificates without a
// link to their issuer; and, by links, which objects a run must rotate first.
import { KmsError } from '../errors.js';
import { certificateOf } from '../flows/certificates/certificate-object.js';
import { linkTo } from '../kmip/attributes.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { latestReplacementOrNull } from '../rotation/replacements.js';
import { privateUidOf, type RelatedObjects } from '../rotation/related-objects.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';

/** Returns the uids of the Active certificates by their subject, as hexadecimal DER; reads them all. */
export async function certificatesBySubject(
  store: Pick<Store, 'findActiveCertificates' | 'loadRelated'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const bySubject = new Map<string, string[]>();
  for await (const page of store.findActiveCertificates({ tags: [] })) {
    const near = await store.loadRelated(page.map(({ id }) => id));
    for (const { id } of page) {
      const subject = subjectOf(near.get(id));
      if (subject !== null) bySubject.set(subject, [...(bySubject.get(subject) ?? []), id]);
    }
  }
  return bySubject;
}

/** Null for one that cannot be read: the run reports it if it has to rotate it. */
function subjectOf(object: ManagedObject | KmsError | undefined): string | null {
  if (object === undefined || object instanceof KmsError) return null;
  try {
    return certificateOf(object).certificate.subject.toString('hex');
  } catch (error) {
    if (error instanceof KmsError) return null;
    throw error;
  }
}

/**
 * Returns, by uid, what a run must rotate before a certificate, or before a pair that has one: the latest certificate
 * of the issuer, and its private key.
 */
export async function issuersOf(
  store: Pick<Store, 'loadRelated'>,
  candidates: readonly FoundRow[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const linked = candidates.filter(({ attributes }) => attributes.includes('CertificateLink'));
  if (linked.length === 0) return new Map();
  const near = await store.loadRelated(linked.map(({ id }) => id));
  return new Map(linked.map(({ id }) => [id, issuersAbove(near.get(id), near)]));
}

function issuersAbove(
  object: ManagedObject | KmsError | undefined,
  near: RelatedObjects,
): readonly string[] {
  const own =
    object instanceof KmsError || object?.objectType !== 'Certificate'
      ? certificateLinkedBy(object, near)
      : object;
  const issuer = certificateLinkedBy(own ?? undefined, near);
  // A pair may take its certificate along, and goes before it.
  const pair = own !== null && own === object ? privateUidOf(own) : null;
  const above =
    issuer === null || issuer.uniqueIdentifier === own?.uniqueIdentifier
      ? []
      : [issuer.uniqueIdentifier, privateUidOf(issuer)];
  return [pair, ...above].filter((uid) => uid !== null);
}

/** Null if the replacements lead in a circle; the renewal of that certificate reports it. */
function certificateLinkedBy(
  object: ManagedObject | KmsError | undefined,
  near: RelatedObjects,
): ManagedObject | null {
  if (object === undefined || object instanceof KmsError) return null;
  const linked = near.get(linkTo(object.attributes, 'CertificateLink') ?? '');
  if (linked === undefined || linked instanceof KmsError) return null;
  return latestReplacementOrNull(linked, near);
}
