// The form in which a row of the log is sealed, and its hash: RFC 8785 text of all that the row says and of the hash before
// it in its chain. Who writes chains, and who checks them, is elsewhere.
import { createHash, createHmac, hash } from 'node:crypto';
import type { LogEntry } from '../rotation-log.js';

/** A row of a chain, without its seal. Its texts are as the database returns them, and well-formed. */
export interface UnsealedRow extends Omit<LogEntry, 'outcome'> {
  readonly outcome: string;
  readonly chain: string;
  /** 0 in the row that opens the chain. */
  readonly seq: number;
  /** The hash of the row before; null in the row that opens the chain. */
  readonly previousHash: string | null;
  /** Of the key that seals it; null if the hash is bare. */
  readonly keyId: string | null;
  /** Canonical JSON, hashed as it stands. */
  readonly details: string | null;
}

export interface SealedRow extends UnsealedRow {
  /** 64 hexadecimal digits. */
  readonly hash: string;
  /** Base64, in rows that close a chain if there is a signing key. */
  readonly signature: string | null;
}

/** A row as the database has it: one that was altered may lack anything. */
export type LogRow = Omit<SealedRow, 'chain' | 'seq' | 'hash'> & {
  readonly chain: string | null;
  readonly seq: number | null;
  readonly hash: string | null;
};

/** Says whether a row has a place in a chain, and a seal. */
export function isSealed(row: LogRow): row is SealedRow {
  return row.chain !== null && row.seq !== null && row.hash !== null;
}

/** The version of the form. */
const VERSION = 1;

/** Returns what is hashed. The members stand in the order of RFC 8785. */
export function sealedContent(row: UnsealedRow): string {
  return written(row, '', '');
}

/** Returns the line of an export: what is hashed, with the seal among its members. */
export function sealedLine(row: SealedRow): string {
  const signature = row.signature === null ? '' : `"signature":${json(row.signature)},`;
  return written(row, `"hash":${json(row.hash)},`, signature);
}

/** Returns SHA-256 of the content, or with a key HMAC-SHA-256, as 64 hexadecimal digits. */
export function hashRow(row: UnsealedRow, key: Uint8Array | null): string {
  const content = sealedContent(row);
  if (key === null) return hash('sha256', content);
  return createHmac('sha256', key).update(content, 'utf8').digest('hex');
}

/** Returns by what a row names the key that seals it. */
export function sealingKeyId(key: Uint8Array): string {
  return keyId('kms audit key', key);
}

/** Returns by what a row names the key that signs it. */
export function signingKeyId(subjectPublicKeyInfo: Uint8Array): string {
  return keyId('kms audit signing key', subjectPublicKeyInfo);
}

const KEY_ID_DIGITS = 32;

function keyId(purpose: string, key: Uint8Array): string {
  const hash = createHash('sha256').update(`${purpose}\0`).update(key);
  return hash.digest('hex').slice(0, KEY_ID_DIGITS);
}

/** The escapes of JSON.stringify are those of RFC 8785. */
const json = (value: string | number | null) => JSON.stringify(value);

function written(row: UnsealedRow, hash: string, signature: string): string {
  return (
    `{"at":${json(row.at)},"chain":${json(row.chain)},"details":${row.details ?? 'null'},` +
    `"durationMs":${json(row.durationMs)},"flow":${json(row.flow)},${hash}"host":${json(row.host)},` +
    `"keyId":${json(row.keyId)},"message":${json(row.message)},"osUser":${json(row.osUser)},` +
    `"outcome":${json(row.outcome)},"previous":${json(row.previousHash)},"reason":${json(row.reason)},` +
    `"replacementUid":${json(row.replacementUid)},"run":${json(row.runId)},"seq":${json(row.seq)},` +
    `${signature}"uid":${json(row.uid)},"v":${json(VERSION)},"version":${json(row.version)}}`
  );
}
