// Renews a certificate (KMIP 2.1 Re-Certify): same subject, same extensions byte for byte, a validity of the same
// length from now, and a new serial. flows/ decides who issues it.
import { LAST_INSTANT, type EpochSeconds } from '../../kmip/date-time.js';
import {
  encodeDirectoryName,
  authorityKeyIdentifierOf,
  encodeAuthorityKeyIdentifier,
  computeKeyIdentifier,
  subjectKeyIdentifierOf,
} from './key-identifiers.js';
import { EXTENSIONS, withExtensionValue } from './extensions.js';
import { issueCertificate, randomSerial } from './issue-certificate.js';
import type { Certificate } from './certificate.js';
import { der, DER } from '../der.js';
import { hasBrokenHash, parseSignatureAlgorithm } from './signature-algorithm.js';
import { verifySignature, verifyingKeyIn, type SigningKey } from './signing-key.js';

export interface RenewalRequest {
  readonly replaced: Certificate;
  /** Null for a self-signed certificate. */
  readonly issuer: Certificate | null;
  /** The private key that signs. */
  readonly key: SigningKey;
  /** A new SubjectPublicKeyInfo if its key is replaced too; else null. */
  readonly publicKeyInfo: Buffer | null;
  readonly now: EpochSeconds;
}

export interface RenewedCertificate {
  readonly bytes: Buffer;
  /** Whether it ends early because its issuer ends. */
  readonly shortened: boolean;
  /** Whether it is signed with another hash because the replaced one's is broken. */
  readonly strengthened: boolean;
}

/**
 * Returns the certificate that replaces another.
 *
 * @throws KmsError KeyMismatch, Unsupported, or MalformedObject if an extension does not parse.
 */
export async function renewCertificate(renewal: RenewalRequest): Promise<RenewedCertificate> {
  const { replaced, issuer, key, now } = renewal;
  const publicKeyInfo = renewal.publicKeyInfo ?? replaced.publicKeyInfo;
  const signerInfo = issuer?.publicKeyInfo ?? publicKeyInfo;
  const serial = randomSerial();
  const whole = spanFrom(now, replaced);
  const notAfter = Math.min(whole, issuer?.notAfter ?? LAST_INSTANT);
  const { bytes, algorithm } = await issueCertificate(
    {
      version: replaced.version,
      serial,
      issuer: issuer?.subject ?? replaced.issuer,
      notBefore: now,
      notAfter,
      subject: replaced.subject,
      publicKeyInfo,
      uniqueIdentifiers: replaced.uniqueIdentifiers,
      extensions: await renewedExtensions(renewal, serial),
    },
    {
      key,
      publicKey: verifyingKeyIn(signerInfo),
      preferred: [
        replaced.signatureAlgorithm,
        ...(issuer === null ? [] : [issuer.signatureAlgorithm]),
      ],
    },
  );
  const former = parseSignatureAlgorithm(replaced.signatureAlgorithm);
  return {
    bytes,
    shortened: notAfter < whole,
    strengthened: former !== null && hasBrokenHash(former) && former.kind === algorithm.kind,
  };
}

/** A certificate without a well-defined end (RFC 5280 §4.1.2.5) is replaced by one without an end. */
function spanFrom(now: EpochSeconds, { notBefore, notAfter }: Certificate): EpochSeconds {
  if (notAfter === LAST_INSTANT) return LAST_INSTANT;
  return Math.min(now + notAfter - notBefore, LAST_INSTANT);
}

/** Returns all extensions in order. Those that identify keys and issuers are changed if they are no longer true. */
async function renewedExtensions(
  renewal: RenewalRequest,
  serial: Buffer,
): Promise<readonly Buffer[]> {
  const own = ownIdentifier(renewal);
  const values = new Map<string, Buffer | null>([
    [EXTENSIONS.subjectKeyIdentifier, own === null ? null : der(DER.octetString, own)],
    [EXTENSIONS.authorityKeyIdentifier, await authorityValue(renewal, own, serial)],
  ]);
  return renewal.replaced.extensions.map((extension) => {
    const value = values.get(extension.id) ?? extension.value;
    return value.equals(extension.value) ? extension.whole : withExtensionValue(extension, value);
  });
}

function ownIdentifier({ replaced, publicKeyInfo }: RenewalRequest): Buffer | null {
  const identifier = subjectKeyIdentifierOf(replaced);
  if (identifier === null || publicKeyInfo === null) return identifier;
  return computeKeyIdentifier(publicKeyInfo, { publicKeyInfo: replaced.publicKeyInfo, identifier });
}

/** Identifies the issuer by the same fields as the replaced certificate. */
async function authorityValue(
  renewal: RenewalRequest,
  own: Buffer | null,
  serial: Buffer,
): Promise<Buffer | null> {
  const { replaced, issuer } = renewal;
  const former = authorityKeyIdentifierOf(replaced);
  if (former === null) return null;
  const { keyIdentifier: formerKey } = former;
  return encodeAuthorityKeyIdentifier({
    keyIdentifier: formerKey === null ? null : await authorityKey(renewal, own, formerKey),
    issuer: former.issuer === null ? null : encodeDirectoryName((issuer ?? replaced).issuer),
    serial: former.serial === null ? null : (issuer?.serial ?? serial),
  });
}

async function authorityKey(
  { replaced, issuer, publicKeyInfo }: RenewalRequest,
  own: Buffer | null,
  former: Buffer,
): Promise<Buffer> {
  if (issuer === null) {
    return own ?? (publicKeyInfo === null ? former : computeKeyIdentifier(publicKeyInfo));
  }
  const { signatureAlgorithm, signed, signature } = replaced;
  const issuerKey = verifyingKeyIn(issuer.publicKeyInfo);
  const sameKey = () => verifySignature(issuerKey, signatureAlgorithm, signed, signature);
  return (
    subjectKeyIdentifierOf(issuer) ??
    ((await sameKey()) ? former : computeKeyIdentifier(issuer.publicKeyInfo))
  );
}
