// Whether an authority may sign a certificate: its state, its validity, its rights, and the path lengths above it
// (RFC 5280 §6.1.4). find-issuer.ts finds the authority.
import type { CertificateObject } from './certificate-object.js';
import { MAX_WRAPPING_DEPTH, type RelatedObjects } from '../../rotation/related-objects.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import { cannotIssue, issuerNotActive } from './issuer-errors.js';
import { issuingRights, isSelfIssued } from '../../crypto/certificates/issuing-rights.js';
import { linkedAuthority } from './linked-authority.js';
import { uidArgument } from '../../text/shell-word.js';

/** A certificate that is to be signed. */
export interface CertificateToSign {
  readonly uid: string;
  /** How many authorities a path through it may have below the one that signs it, itself included. */
  readonly below: number;
}

/**
 * Ensures that an authority may sign a certificate.
 *
 * @throws KmsError IssuerNotActive, IssuerExpired, IssuerUnfit or HsmResident, naming the certificate.
 */
export function assertMayIssue(
  { uid, below }: CertificateToSign,
  authority: CertificateObject,
  { relatedObjects, now }: { relatedObjects: RelatedObjects; now: EpochSeconds },
): void {
  const { notAfter, notBefore } = authority.certificate;
  const name = JSON.stringify(authority.object.uniqueIdentifier);
  if (isHsmUid(authority.object.uniqueIdentifier)) {
    throw cannotIssue(
      uid,
      'HsmResident',
      `its issuer ${name} lives in a hardware security module`,
      'renew it with the module’s own tools',
    );
  }
  if (authority.object.state !== 'Active') throw issuerNotActive(uid, authority.object);
  if (notAfter <= now) {
    throw cannotIssue(
      uid,
      'IssuerExpired',
      `the certificate of its issuer, ${name}, ended at ${formatInstant(notAfter)}`,
      `renew that one first: kms rotate key ${uidArgument(authority.object.uniqueIdentifier)}`,
    );
  }
  const rights = issuingRights(authority.certificate);
  const unfit = (what: string) =>
    cannotIssue(
      uid,
      'IssuerUnfit',
      `its issuer ${name} ${what}`,
      'have it reissued by an authority that may, or link it to the right one',
    );
  if (notBefore > now) throw unfit(`is not valid before ${formatInstant(notBefore)}`);
  if (!rights.isAuthority) throw unfit('is not an authority (basic constraints)');
  if (!rights.signsCertificates) throw unfit('may not sign certificates (key usage)');
  const exceeded = exceededAbove(below, authority, relatedObjects);
  if (exceeded === null) return;
  throw unfit(
    exceeded === authority.object.uniqueIdentifier
      ? 'may have no authority below it (path length)'
      : `is deeper below ${JSON.stringify(exceeded)} than the path length of that authority allows`,
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
