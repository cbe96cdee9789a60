// Post-quantum signatures (FIPS 204, FIPS 205) as certificates have them: pure, with an empty context (RFC 9881,
// RFC 9909). @noble/post-quantum is loaded with the first signature.
import type { PqcAlgorithm } from './pqc-algorithms.js';

/** What this file uses of an algorithm in `@noble/post-quantum`. */
interface Signer {
  readonly sign: (message: Uint8Array, privateKey: Uint8Array) => Uint8Array;
  readonly verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;
}

/** Signs with an expanded private key. SLH-DSA takes from 0.2 s to 30 s in JavaScript. */
export async function pqcSign(
  algorithm: PqcAlgorithm,
  expanded: Buffer,
  message: Buffer,
): Promise<Buffer> {
  const signer = await signerOf(algorithm);
  return Buffer.from(signer.sign(message, expanded));
}

export async function pqcVerify(
  algorithm: PqcAlgorithm,
  publicKey: Buffer,
  message: Buffer,
  signature: Buffer,
): Promise<boolean> {
  const signer = await signerOf(algorithm);
  try {
    return signer.verify(signature, message, publicKey);
  } catch {
    return false; // the signature has another length
  }
}

/** KMIP's `SLHDSA_SHAKE_128f` is `slh_dsa_shake_128f` in the package. */
async function signerOf({ name, family }: PqcAlgorithm): Promise<Signer> {
  const [, parameters = ''] = /^(?:ML|SLH)DSA_(.*)$/.exec(name) ?? [];
  const signers: Readonly<Record<string, unknown>> =
    family === 'ML-DSA'
      ? await import('@noble/post-quantum/ml-dsa.js')
      : await import('@noble/post-quantum/slh-dsa.js');
  const prefix = family === 'ML-DSA' ? 'ml_dsa' : 'slh_dsa_';
  const signer = signers[`${prefix}${parameters.toLowerCase()}`];
  if (signer === undefined) throw new TypeError(`nothing signs with ${name}`);
  return signer as Signer;
}
