// The renewal of a certificate (KMIP 2.1 Re-Certify): its subject, its extensions byte for byte and its span from
// now on, under a serial of its own. Who issues it, and whether they may, flows/ decides.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { LAST_INSTANT } from '../../kmip/date-time.js';
import {
  encodeDirectoryName,
  authorityKeyIdentifierOf,
  encodeAuthorityKeyIdentifier,
  EXTENSIONS,
  computeKeyIdentifier,
  subjectKeyIdentifierOf,
  withExtensionValue,
} from './extensions.js';
import { issueCertificate, randomSerial } from './issue-certificate.js';
import type { Certificate } from './certificate.js';
import { der, DER } from '../der.js';
import { isBroken, parseSignatureAlgorithm } from './signature-algorithm.js';
import { verifySignature, verifyingKeyIn, type SigningKey } from './signing-key.js';

export interface RenewalRequest {
  readonly replaced: Certificate;
  /** Null for one that signs itself. */
  readonly issuer: Certificate | null;
  /** The private key that signs. */
  readonly key: SigningKey;
  /** Another SubjectPublicKeyInfo, if its key is replaced with it. */
  readonly publicKeyInfo: Buffer | null;
  readonly now: EpochSeconds;
}

export interface RenewedCertificate {
  readonly bytes: Buffer;
  /** Whether the end of its issuer cut its span short. */
  readonly shortened: boolean;
  /** Whether it is signed by another hash, since that of the replaced one is broken. */
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
    strengthened: former !== null && isBroken(former) && former.kind === algorithm.kind,
  };
}

/** A certificate without a well-defined end (RFC 5280 §4.1.2.5) goes on having none. */
function spanFrom(now: EpochSeconds, { notBefore, notAfter }: Certificate): EpochSeconds {
  if (notAfter === LAST_INSTANT) return LAST_INSTANT;
  return Math.min(now + notAfter - notBefore, LAST_INSTANT);
}

/** All in their order; those that name keys and issuers are changed where they would no longer be true. */
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

/** Names the issuer by whatever the replaced one named it by. */
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
