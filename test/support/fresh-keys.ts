// Pairs fresh from node:crypto. A KeyObject that generateKeyPairSync returns shares a lock with its job: exported
// while the collector frees that job, it hangs the process for ever (Node 20). So pairs come out as DER and are
// read anew; lint lets nobody else call it.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/** The overloads of node:crypto, one for each type, in one. */
const generate = generateKeyPairSync as unknown as (
  type: string,
  options: object,
) => { readonly publicKey: Buffer; readonly privateKey: Buffer };

/** Makes a pair of any type that Node knows. */
export function freshPair(
  type: string,
  options: object = {},
): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const der = generate(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return {
    publicKey: createPublicKey({ key: der.publicKey, format: 'der', type: 'spki' }),
    privateKey: createPrivateKey({ key: der.privateKey, format: 'der', type: 'pkcs8' }),
  };
}
