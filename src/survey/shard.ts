// A share of all objects, for runs that divide the work. The share of an object depends only on its uid, and never
// changes.
import { createHash } from 'node:crypto';
import { KmsError } from '../errors.js';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** Returns the shard of `I/N`, I from 0 to N-1. @throws KmsError InvalidArgument */
export function parseShard(text: string): Shard {
  const [, index, of] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index !== undefined && of !== undefined && index < of) return { index, of };
  throw new KmsError('InvalidArgument', `${JSON.stringify(text)} is not a shard`, {
    hint: 'write I/N with I from 0 to N-1: 0/3, 1/3 and 2/3 are the three shards of three',
  });
}

/** The first four bytes of the SHA-256 of the uid in UTF-8, as a big-endian number, modulo N. */
export function isInShard(uid: string, { index, of }: Shard): boolean {
  return createHash('sha256').update(uid).digest().readUInt32BE(0) % of === index;
}
