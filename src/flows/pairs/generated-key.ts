// One key of a new pair, whether the pair is created or replaces another: the plain key, and the attributes that follow
// from its material (storage format §2.4, §3.6).
import { keyMaterialDigest } from '../../crypto/keys/key-material-digest.js';
import type { GeneratedPair } from '../../crypto/keys/generate-key-pair.js';
import type { JsonObject } from '../../kmip/json.js';
import type { PlainKey } from '../wrapping/stored-key.js';

export type PairKeyType = 'PrivateKey' | 'PublicKey';

export function plainKeyOf(objectType: PairKeyType, generated: GeneratedPair): PlainKey {
  const { cryptographicAlgorithm, privateKey, publicKey } = generated;
  const key = objectType === 'PrivateKey' ? privateKey : publicKey;
  return { objectType, cryptographicAlgorithm, ...key };
}

export function attributesOfKey(objectType: PairKeyType, generated: GeneratedPair): JsonObject {
  const { keyFormatType, material, cryptographicLength } = plainKeyOf(objectType, generated);
  return {
    ObjectType: objectType,
    CryptographicAlgorithm: generated.cryptographicAlgorithm,
    CryptographicLength: cryptographicLength,
    CryptographicDomainParameters: generated.cryptographicDomainParameters ?? undefined,
    KeyFormatType: keyFormatType,
    Digest: {
      HashingAlgorithm: 'SHA256',
      DigestValue: [...keyMaterialDigest(keyFormatType, material)],
      KeyFormatType: reportedFormat(keyFormatType),
    },
  };
}

/** The format that the server's Digest names: of transparent RSA keys another than theirs (§3.6). */
function reportedFormat(keyFormatType: string): string {
  return keyFormatType.startsWith('TransparentRSA') ? 'PKCS1' : keyFormatType;
}
