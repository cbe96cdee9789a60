// Which earlier certificates of authorities are still needed: those that issued a certificate which is in use and has not
// ended, or an authority below which there is one.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { isSelfIssued } from '../../crypto/certificates/issuing-rights.js';
import type { CertificateObject } from './certificate-object.js';
import { isNamedOrSigned } from './find-issuer.js';

/** Returns the uids of the authorities that are needed, by all certificates that are not Compromised or Destroyed. */
export async function neededAuthorities(
  authorities: readonly CertificateObject[],
  certificates: readonly CertificateObject[],
  now: EpochSeconds,
): Promise<ReadonlySet<string>> {
  const lasting = certificates.filter(({ certificate }) => certificate.notAfter > now);
  const needed = new Set<string>();
  for (const authority of authorities) {
    if (await isNeeded(authority, lasting, [])) needed.add(authority.object.uniqueIdentifier);
  }
  return needed;
}

async function isNeeded(
  authority: CertificateObject,
  lasting: readonly CertificateObject[],
  below: readonly string[],
): Promise<boolean> {
  const { uniqueIdentifier: uid } = authority.object;
  if (below.includes(uid)) return false;
  for (const one of lasting) {
    if (!(await isIssuedBy(one, authority, lasting))) continue;
    if (one.object.state === 'Active') return true;
    if (await isNeeded(one, lasting, [...below, uid])) return true;
  }
  return false;
}

/** By its link, or by its own bytes unless its link leads to another certificate of the same authority with that key. */
async function isIssuedBy(
  { object, certificate }: CertificateObject,
  authority: CertificateObject,
  all: readonly CertificateObject[],
): Promise<boolean> {
  const { subject, publicKeyInfo } = authority.certificate;
  if (!certificate.issuer.equals(subject) || isSelfIssued(certificate)) return false;
  const linkedUid = linkTo(object.attributes, 'CertificateLink');
  if (linkedUid === authority.object.uniqueIdentifier) return true;
  const linked = all.find((one) => one.object.uniqueIdentifier === linkedUid)?.certificate;
  const isOfAnother =
    linked !== undefined &&
    linked.subject.equals(subject) &&
    linked.publicKeyInfo.equals(publicKeyInfo);
  return !isOfAnother && isNamedOrSigned(certificate, authority);
}
