// Who signs the renewal of a certificate: itself, or the latest certificate of the authority that its links or
// its own bytes name; and whether that authority may (RFC 5280 §6.1.4). The signing is crypto/'s.
import {
  authorityKeyIdentifierOf,
  subjectKeyIdentifierOf,
} from '../../crypto/certificates/key-identifiers.js';
import { isSelfIssued, issuingRights } from '../../crypto/certificates/issuing-rights.js';
import type { Certificate } from '../../crypto/certificates/certificate.js';
import { verifySignature, verifyingKeyIn } from '../../crypto/certificates/signing-key.js';
import { KmsError, type Reason } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { latestReplacementOf } from '../../rotation/replacements.js';
import { MAX_WRAPPING_DEPTH, type RelatedObjects } from '../../rotation/related-objects.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import { certificateOf, type CertificateObject } from './certificate-object.js';
import type { RotationContext } from '../change.js';
import { withUid } from '../with-uid.js';

export interface Issuer {
  /** Null where a certificate signs itself. */
  readonly authority: CertificateObject | null;
  /** The authority with what surrounds it. */
  readonly relatedObjects: RelatedObjects;
}

/**
 * Returns who issues the renewal of a certificate.
 *
 * @throws KmsError IssuerMissing, IssuerNotActive, IssuerExpired, IssuerUnfit or HsmResident, naming the
 *   certificate to be renewed and what is wrong with its issuer.
 */
export async function issuerOf(
  replaced: CertificateObject,
  relatedObjects: RelatedObjects,
  context: RotationContext,
): Promise<Issuer> {
  if (await isSelfSigned(replaced)) return { authority: null, relatedObjects };
  const linked = linkedAuthority(replaced, relatedObjects);
  if (linked !== null) {
    assertMayIssue(signedOf(replaced), linked, { relatedObjects, now: context.now });
    return { authority: linked, relatedObjects };
  }
  const found = await context.issuersNamed(replaced.certificate.issuer);
  const authority = await foundAuthority(replaced, found);
  assertMayIssue(signedOf(replaced), authority, { relatedObjects: found, now: context.now });
  return { authority, relatedObjects: found };
}

/** Its own bytes decide, whatever the links say: the server writes others into what it renews. */
async function isSelfSigned({ object, certificate }: CertificateObject): Promise<boolean> {
  if (!isSelfIssued(certificate)) return false;
  const { publicKeyInfo } = certificate;
  const key = withUid(object, () => verifyingKeyIn(publicKeyInfo));
  return isSignedBy(certificate, key);
}

function isSignedBy(
  { signatureAlgorithm, signed, signature }: Certificate,
  key: ReturnType<typeof verifyingKeyIn>,
): Promise<boolean> {
  return verifySignature(key, signatureAlgorithm, signed, signature);
}

/** Returns the latest certificate of the authority that the link names; null if it names none of that name. */
function linkedAuthority(
  { object, certificate }: CertificateObject,
  relatedObjects: RelatedObjects,
): CertificateObject | null {
  const uid = linkTo(object.attributes, 'CertificateLink');
  const linked =
    uid === null || uid === object.uniqueIdentifier ? undefined : relatedObjects.get(uid);
  if (linked === undefined) return null;
  if (linked instanceof KmsError) throw linked;
  if (linked.objectType !== 'Certificate') return null;
  const latest = latestReplacementOf(linked, relatedObjects);
  if (isDestroyed(latest)) throw notActive(object.uniqueIdentifier, latest);
  const authority = certificateOf(latest);
  return authority.certificate.subject.equals(certificate.issuer) ? authority : null;
}

/** Among authorities of the right name, the one whose key signed it, or whose key it names. */
async function foundAuthority(
  replaced: CertificateObject,
  found: RelatedObjects,
): Promise<CertificateObject> {
  const { certificate, object } = replaced;
  const fitting: CertificateObject[] = [];
  for (const candidate of found.values()) {
    if (candidate instanceof KmsError || candidate.objectType !== 'Certificate') continue;
    if (candidate.state !== 'Active') continue;
    if (candidate.uniqueIdentifier === object.uniqueIdentifier) continue;
    const authority = certificateOf(candidate);
    if (!authority.certificate.subject.equals(certificate.issuer)) continue;
    if (await isNamedOrSigned(certificate, authority)) fitting.push(authority);
  }
  const [best] = fitting.sort(
    (one, other) => other.certificate.notAfter - one.certificate.notAfter,
  );
  if (best !== undefined) return best;
  throw refuse(
    object.uniqueIdentifier,
    'IssuerMissing',
    'the certificate of its issuer is not in the store, or no longer Active',
    'import the certificate of its authority with its private key, or have it renewed where it was issued',
  );
}

async function isNamedOrSigned(
  certificate: Certificate,
  authority: CertificateObject,
): Promise<boolean> {
  const named = authorityKeyIdentifierOf(certificate)?.keyIdentifier ?? null;
  const own = subjectKeyIdentifierOf(authority.certificate);
  if (named !== null && own?.equals(named) === true) return true;
  const { publicKeyInfo } = authority.certificate;
  return isSignedBy(
    certificate,
    withUid(authority.object, () => verifyingKeyIn(publicKeyInfo)),
  );
}

/** A certificate that is to be signed. */
export interface Signed {
  readonly uid: string;
  /** How many authorities, itself included, may stand in a path below the one that signs it. */
  readonly below: number;
}

function signedOf({ object, certificate }: CertificateObject): Signed {
  const counts = issuingRights(certificate).isAuthority && !isSelfIssued(certificate);
  return { uid: object.uniqueIdentifier, below: counts ? 1 : 0 };
}

/**
 * Ensures that an authority may sign a certificate.
 *
 * @throws KmsError IssuerNotActive, IssuerExpired, IssuerUnfit or HsmResident, naming the certificate.
 */
export function assertMayIssue(
  { uid, below }: Signed,
  authority: CertificateObject,
  { relatedObjects, now }: { relatedObjects: RelatedObjects; now: EpochSeconds },
): void {
  const { notAfter, notBefore } = authority.certificate;
  const name = nameOf(authority.object);
  if (isHsmUid(authority.object.uniqueIdentifier)) {
    throw refuse(
      uid,
      'HsmResident',
      `its issuer ${name} lives in a hardware security module`,
      'renew it with the module’s own tools',
    );
  }
  if (authority.object.state !== 'Active') throw notActive(uid, authority.object);
  if (notAfter <= now) {
    throw refuse(
      uid,
      'IssuerExpired',
      `the certificate of its issuer, ${name}, ended at ${formatInstant(notAfter)}`,
      `renew that one first: kms rotate key ${authority.object.uniqueIdentifier}`,
    );
  }
  const rights = issuingRights(authority.certificate);
  const unfit = (what: string) =>
    refuse(
      uid,
      'IssuerUnfit',
      `its issuer ${name} ${what}`,
      'have it issued anew by an authority that may, or link it to the right one',
    );
  if (notBefore > now) throw unfit(`is not valid before ${formatInstant(notBefore)}`);
  if (!rights.isAuthority) throw unfit('is no authority by its basic constraints');
  if (!rights.signsCertificates) throw unfit('may not sign certificates by its key usage');
  const exceeded = exceededAbove(below, authority, relatedObjects);
  if (exceeded === null) return;
  throw unfit(
    exceeded === authority.object.uniqueIdentifier
      ? 'may have no authority below it by its path length'
      : `is deeper below ${JSON.stringify(exceeded)} than the path length of that one allows`,
  );
}

/** Returns the uid of the authority above a certificate whose path length it would exceed, or null. */
function exceededAbove(
  belowIssuer: number,
  issuer: CertificateObject,
  relatedObjects: RelatedObjects,
): string | null {
  let below = belowIssuer;
  let above: CertificateObject | null = issuer;
  for (let level = 0; above !== null && level < MAX_WRAPPING_DEPTH; level += 1) {
    const { pathLength } = issuingRights(above.certificate);
    if (pathLength !== null && below > pathLength) return above.object.uniqueIdentifier;
    if (!isSelfIssued(above.certificate)) below += 1;
    above = linkedAuthority(above, relatedObjects);
  }
  return null;
}

function notActive(uid: string, authority: ManagedObject): KmsError {
  return refuse(
    uid,
    'IssuerNotActive',
    `the certificate of its issuer, ${nameOf(authority)}, is ${authority.state}`,
    'have it issued anew by an authority that is Active',
  );
}

function refuse(uid: string, reason: Reason, why: string, hint: string): KmsError {
  const message = `the certificate ${JSON.stringify(uid)} cannot be issued: ${why}`;
  return new KmsError(reason, message, { uid, hint });
}

function nameOf({ uniqueIdentifier }: ManagedObject): string {
  return JSON.stringify(uniqueIdentifier);
}
