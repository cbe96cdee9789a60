// The renewal of a certificate (KMIP 2.1 Re-Certify): its subject, its extensions byte for byte and its span from
// now on, under a serial of its own. Who issues it, and whether they may, flows/ decides.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { LAST_INSTANT } from '../../kmip/date-time.js';
import {
  asGeneralName,
  authorityIdentifierOf,
  authorityIdentifierValue,
  EXTENSIONS,
  keyIdentifier,
  subjectKeyIdentifierOf,
  withValue,
} from './extensions.js';
import { issueCertificate, randomSerial } from './issue-certificate.js';
import type { Certificate } from './certificate.js';
import { der, DER } from '../der.js';
import { isBroken, signatureAlgorithmIn } from './signature-algorithm.js';
import { verifies, verifyingKeyIn, type SigningKey } from './signing-key.js';

export interface Renewal {
  readonly replaced: Certificate;
  /** Null for one that signs itself. */
  readonly issuer: Certificate | null;
  /** The private key that signs. */
  readonly key: SigningKey;
  /** Another SubjectPublicKeyInfo, if its key is replaced with it. */
  readonly publicKeyInfo: Buffer | null;
  readonly now: EpochSeconds;
}

export interface Renewed {
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
export async function renewCertificate(renewal: Renewal): Promise<Renewed> {
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
  const former = signatureAlgorithmIn(replaced.signatureAlgorithm);
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
async function renewedExtensions(renewal: Renewal, serial: Buffer): Promise<readonly Buffer[]> {
  const own = ownIdentifier(renewal);
  const values = new Map<string, Buffer | null>([
    [EXTENSIONS.subjectKeyIdentifier, own === null ? null : der(DER.octetString, own)],
    [EXTENSIONS.authorityKeyIdentifier, await authorityValue(renewal, own, serial)],
  ]);
  return renewal.replaced.extensions.map((extension) => {
    const value = values.get(extension.id) ?? extension.value;
    return value.equals(extension.value) ? extension.whole : withValue(extension, value);
  });
}

function ownIdentifier({ replaced, publicKeyInfo }: Renewal): Buffer | null {
  const identifier = subjectKeyIdentifierOf(replaced);
  if (identifier === null || publicKeyInfo === null) return identifier;
  return keyIdentifier(publicKeyInfo, { publicKeyInfo: replaced.publicKeyInfo, identifier });
}

/** Names the issuer by whatever the replaced one named it by. */
async function authorityValue(
  renewal: Renewal,
  own: Buffer | null,
  serial: Buffer,
): Promise<Buffer | null> {
  const { replaced, issuer } = renewal;
  const former = authorityIdentifierOf(replaced);
  if (former === null) return null;
  const { keyIdentifier: formerKey } = former;
  return authorityIdentifierValue({
    keyIdentifier: formerKey === null ? null : await authorityKey(renewal, own, formerKey),
    issuer: former.issuer === null ? null : asGeneralName((issuer ?? replaced).issuer),
    serial: former.serial === null ? null : (issuer?.serial ?? serial),
  });
}

async function authorityKey(
  { replaced, issuer, publicKeyInfo }: Renewal,
  own: Buffer | null,
  former: Buffer,
): Promise<Buffer> {
  if (issuer === null) {
    return own ?? (publicKeyInfo === null ? former : keyIdentifier(publicKeyInfo));
  }
  const { signatureAlgorithm, signed, signature } = replaced;
  const issuerKey = verifyingKeyIn(issuer.publicKeyInfo);
  const sameKey = () => verifies(issuerKey, signatureAlgorithm, signed, signature);
  return (
    subjectKeyIdentifierOf(issuer) ??
    ((await sameKey()) ? former : keyIdentifier(issuer.publicKeyInfo))
  );
}
