// RSA keys that were made once, as large ones take seconds. For whoever needs a key of that size, not a new one.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import vectors from '../crypto/vectors/rsa-keys.json' with { type: 'json' };

/** Returns a pair of this size: three are kept of 2048 bits, one of 3072, one of 4096. */
export function keptRsa(
  modulusBits: keyof typeof vectors.keys,
  which = 0,
): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const pkcs8 = vectors.keys[modulusBits][which];
  if (pkcs8 === undefined) throw new Error(`no key ${which} of ${modulusBits} bits is kept`);
  const key = Buffer.from(pkcs8, 'base64');
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
