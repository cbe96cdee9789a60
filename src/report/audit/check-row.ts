// What a row of the log must hold by itself: its seal, what it says of its chain, its signature. check-chain.ts checks its place.
import { verify, type KeyObject } from 'node:crypto';
import type { ChainDetails } from '../../store/own/chain/chain-details.js';
import { hashRow, type SealedRow } from '../../store/own/chain/sealed-row.js';

export interface RowContext {
  /** Keys of HMAC-SHA-256, by their ids. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Keys that verify signatures, by their ids. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** Called for each row whose seal or signature cannot be checked without this key. */
  readonly missesKey: (keyId: string) => void;
}

/** True also if the key is missing, which is told. */
export function sealHolds(row: SealedRow, { keys, missesKey }: RowContext): boolean {
  const key = row.keyId === null ? null : keys.get(row.keyId);
  if (key !== undefined) return hashRow(row, key) === row.hash;
  missesKey(String(row.keyId));
  return true;
}

/** Returns what its details say that cannot be true; null for nothing. */
export function detailsViolation(row: SealedRow, details: ChainDetails | null): string | null {
  if (details === null) return 'its details cannot be read';
  switch (details.kind) {
    case 'closed':
      return details.count === row.seq && details.head === row.previousHash
        ? null
        : 'it closes the chain with another count or head than the chain has';
    case 'key-changed':
      return details.from === row.keyId ? null : 'another key seals it than it says';
    case 'opened':
    case 'pruned':
    case 'other':
      return null;
  }
}

/** Returns what is wrong with its signature; null for nothing. */
export function signatureViolation(
  row: SealedRow,
  details: ChainDetails | null,
  { publicKeys, missesKey }: RowContext,
): string | null {
  const signingKey = details?.kind === 'closed' ? details.signingKey : null;
  if (signingKey === null) return row.signature === null ? null : 'it is signed, and names no key';
  if (row.signature === null) return 'its signature is gone';
  if (publicKeys.size === 0) return null;
  const key = publicKeys.get(signingKey);
  if (key === undefined) {
    missesKey(signingKey);
    return null;
  }
  const isRight = verify(
    null,
    Buffer.from(row.hash, 'ascii'),
    key,
    Buffer.from(row.signature, 'base64'),
  );
  return isRight ? null : 'its signature does not fit its hash';
}
