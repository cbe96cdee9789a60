// The keys of the log: one that seals every row, and one that signs the rows which close chains. Either may be missing.
// key-rule.ts says when a sealing key may be used.
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { sealingKeyId, signingKeyId } from './sealed-row.js';

/** A key of HMAC-SHA-256. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** An Ed25519 key. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
}

export interface AuditKeys {
  /** Null: rows carry a bare hash. */
  readonly sealing: SealingKey | null;
  /** Null: closings are not signed. */
  readonly signing: SigningKey | null;
}

export const NO_AUDIT_KEYS: AuditKeys = { sealing: null, signing: null };

export function sealingKeyOf(bytes: Uint8Array): SealingKey {
  return { id: sealingKeyId(bytes), bytes };
}

export function signingKeyOf(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { id: signingKeyId(publicKey), privateKey };
}

/** Returns the signature over the ASCII digits of a hash, in base64. */
export function signatureOf({ privateKey }: SigningKey, hash: string): string {
  return sign(null, Buffer.from(hash, 'ascii'), privateKey).toString('base64');
}
