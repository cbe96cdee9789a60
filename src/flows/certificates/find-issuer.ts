// Finds who signs the renewal of a certificate: the certificate itself, or the latest certificate of the authority that
// its links or its own bytes name. assert-may-issue.ts checks that authority; crypto/ signs.
import {
  authorityKeyIdentifierOf,
  subjectKeyIdentifierOf,
} from '../../crypto/certificates/key-identifiers.js';
import { isSelfIssued, issuingRights } from '../../crypto/certificates/issuing-rights.js';
import type { Certificate } from '../../crypto/certificates/certificate.js';
import { verifySignature, verifyingKeyIn } from '../../crypto/certificates/signing-key.js';
import { KmsError } from '../../errors.js';
import { type RelatedObjects } from '../../rotation/related-objects.js';
import { certificateOf, type CertificateObject } from './certificate-object.js';
import { withUid } from '../with-uid.js';
import { linkedAuthority } from './linked-authority.js';
import { assertMayIssue, type CertificateToSign } from './assert-may-issue.js';
import { cannotIssue } from './issuer-errors.js';
import type { RotationContext } from '../rotation-context.js';

export interface Issuer {
  /** Null for a self-signed certificate. */
  readonly authority: CertificateObject | null;
  /** The authority and its related objects. */
  readonly relatedObjects: RelatedObjects;
}

/**
 * Returns who issues the renewal of a certificate.
 *
 * @throws KmsError IssuerMissing, IssuerNotActive, IssuerExpired, IssuerUnfit or HsmResident, naming the
 *   certificate to be renewed and what is wrong with its issuer.
 */
export async function findIssuer(
  replaced: CertificateObject,
  relatedObjects: RelatedObjects,
  context: RotationContext,
): Promise<Issuer> {
  if (await isSelfSigned(replaced)) return { authority: null, relatedObjects };
  const linked = linkedAuthority(replaced, relatedObjects);
  if (linked !== null) {
    assertMayIssue(toSign(replaced), linked, { relatedObjects, now: context.now });
    return { authority: linked, relatedObjects };
  }
  const found = await context.issuersNamed(replaced.certificate.issuer);
  const authority = await foundAuthority(replaced, inUse(found, context));
  assertMayIssue(toSign(replaced), authority, { relatedObjects: found, now: context.now });
  return { authority, relatedObjects: found };
}

/** Its own bytes decide, whatever its links say: the server writes other links into what it renews. */
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

/** An authority in its overlap is still Active, but what it issues would soon be of no use. */
function inUse(found: RelatedObjects, { retiringUids }: RotationContext): RelatedObjects {
  return new Map([...found].filter(([uid]) => !retiringUids.has(uid)));
}

/** Returns, among authorities of the right name, the one whose key signed it, or whose key it names. */
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
  throw cannotIssue(
    object.uniqueIdentifier,
    'IssuerMissing',
    'the certificate of its issuer is not in the store, or no longer Active',
    'import the certificate of its authority with its private key, or have it renewed where it was issued',
  );
}

/** Says whether a certificate names the key of an authority, or was signed by it. The names are not compared. */
export async function isNamedOrSigned(
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

function toSign({ object, certificate }: CertificateObject): CertificateToSign {
  const counts = issuingRights(certificate).isAuthority && !isSelfIssued(certificate);
  return { uid: object.uniqueIdentifier, below: counts ? 1 : 0 };
}
