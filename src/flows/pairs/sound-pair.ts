// A private key with its public key as rows: whether they are a pair that can go together, and of what kind.
// store/ loads both, and the caller unwraps them.
import type { FormattedKeyMaterial } from '../../crypto/keys/formatted-key-material.js';
import { isKeyPair } from '../../crypto/keys/is-key-pair.js';
import { kindOfPair, type PairKind } from '../../crypto/keys/pair-kind.js';
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { algorithmOf, isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { withUidAsync } from '../with-uid.js';
import type { FoundPair } from './find-pair.js';

export interface Pair {
  readonly privateKey: ManagedObject;
  readonly publicKey: ManagedObject;
}

/**
 * Returns both keys of a pair that can be rotated together.
 *
 * @throws KmsError UnsoundPair, naming what is wrong with the public key, or CertificateInUse.
 */
export function requireSoundPair({
  privateKey,
  publicKey,
  sharedWith,
  certificates,
}: FoundPair): Pair {
  const uid = privateKey.uniqueIdentifier;
  if (linkTo(privateKey.attributes, 'PublicKeyLink') === null) {
    throw unsound(uid, 'it has no PublicKeyLink');
  }
  if (publicKey === undefined) throw unsound(uid, 'its public key is not in the store');
  const what = violation(privateKey, publicKey);
  if (what !== null) {
    throw unsound(uid, `its public key ${JSON.stringify(publicKey.uniqueIdentifier)} ${what}`);
  }
  const [other] = sharedWith;
  if (other !== undefined) {
    const name = JSON.stringify(publicKey.uniqueIdentifier);
    throw unsound(uid, `its public key ${name} is that of ${JSON.stringify(other)} too`);
  }
  const certificate = certificates.find(({ state }) => state === 'Active');
  if (certificate === undefined) return { privateKey, publicKey };
  throw new KmsError(
    'CertificateInUse',
    `${JSON.stringify(uid)} is used by the Active certificate ${JSON.stringify(certificate.uniqueIdentifier)}, which would still name the replaced pair`,
    {
      uid,
      hint: 'rotate it with its certificates (--with-certificates), or revoke the certificate first',
    },
  );
}

/**
 * Returns the kind of a pair, read from the private key itself, after checking that its keys belong together.
 *
 * @throws KmsError MalformedObject, Unsupported or UnsoundPair, naming the private key.
 */
export async function pairKindOf(
  { privateKey, publicKey }: Pair,
  pairKeys: {
    readonly plainPrivateKey: FormattedKeyMaterial;
    readonly plainPublicKey: FormattedKeyMaterial;
  },
): Promise<PairKind> {
  const uid = privateKey.uniqueIdentifier;
  const algorithm = algorithmOf(privateKey);
  const { plainPrivateKey, plainPublicKey } = pairKeys;
  const read = async () => {
    const kind = kindOfPair(algorithm, plainPrivateKey);
    return (await isKeyPair(algorithm, plainPrivateKey, plainPublicKey)) ? kind : null;
  };
  const kind = await withUidAsync(privateKey, read, 'cannot be rotated');
  if (kind !== null) return kind;
  const other = JSON.stringify(publicKey.uniqueIdentifier);
  throw unsound(uid, `${other} is the public key of another private key`);
}

/** Returns what is wrong with a public key, as the end of a sentence that starts with its uid. */
function violation(privateKey: ManagedObject, publicKey: ManagedObject): string | null {
  if (publicKey.objectType !== 'PublicKey') return `is a ${publicKey.objectType}`;
  if (isDestroyed(publicKey)) return `is ${publicKey.state}`;
  if (publicKey.owner !== privateKey.owner) return 'belongs to another owner';
  const back = publicKey.attributes.links
    .filter(({ linkType }) => linkType === 'PrivateKeyLink')
    .map(({ linkedObjectIdentifier }) => linkedObjectIdentifier);
  if (back.length > 1) return 'is shared by several private keys';
  if (back[0] === undefined) return 'does not link back to it';
  if (back[0] !== privateKey.uniqueIdentifier) {
    return `links back to another private key, ${JSON.stringify(back[0])}`;
  }
  if (linkTo(publicKey.attributes, 'ReplacementObjectLink') !== null) return 'is already replaced';
  const [one, other] = [algorithmOf(privateKey), algorithmOf(publicKey)];
  if (one !== other) return `is of the algorithm ${other ?? '(none)'}, not ${one ?? '(none)'}`;
  return null;
}

function unsound(uid: string, what: string): KmsError {
  return new KmsError('UnsoundPair', `${JSON.stringify(uid)} cannot be rotated: ${what}`, {
    uid,
    hint: 'repair the pair with the server that wrote it: both keys must have one owner and link to each other',
  });
}
