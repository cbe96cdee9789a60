// Post-quantum signatures (FIPS 204, FIPS 205), pure, with an empty context, as certificates have them (RFC 9881,
// RFC 9909). The package that makes them is loaded by the first one.
import type { PqcAlgorithm } from './pqc-encoding.js';

/** What `@noble/post-quantum` offers for each algorithm, as far as it is used here. */
interface Signer {
  readonly sign: (message: Uint8Array, privateKey: Uint8Array) => Uint8Array;
  readonly verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;
}

/** SLH-DSA in JavaScript takes from a fifth of a second to half a minute. */
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
    return false; // a signature of another length
  }
}

/** KMIP says `SLHDSA_SHAKE_128f`, the package `slh_dsa_shake_128f`. */
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
