// What the rows about the chain itself say: heads of other chains, gaps that a prune left, the end, a change of key.
// sealed-row.ts says how rows are sealed.
import {
  isJsonArray,
  isJsonObject,
  parsedObject,
  type JsonObject,
  type JsonValue,
} from '../../../kmip/json.js';
import type { UnsealedRow } from './sealed-row.js';

/** A row of a chain, by its place and its hash. */
export interface ChainHead {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** Rows that were pruned: all after `previousSeq` up to `lastSeq`. */
export interface ChainGap {
  readonly chain: string;
  /** The hash of the row before; null if the opening was pruned too. */
  readonly previous: string | null;
  /** -1 if the opening was pruned too. */
  readonly previousSeq: number;
  readonly lastSeq: number;
  /** The hash of the last row that was pruned. */
  readonly last: string;
  readonly count: number;
}

export type ChainDetails =
  | { readonly kind: 'opened'; readonly heads: readonly ChainHead[] }
  | {
      readonly kind: 'closed';
      readonly count: number;
      readonly head: string;
      readonly signingKey: string | null;
    }
  | { readonly kind: 'key-changed'; readonly from: string | null; readonly to: string | null }
  /** The heads are those that pruned openings named, of chains that are still there. */
  | {
      readonly kind: 'pruned';
      readonly gaps: readonly ChainGap[];
      readonly heads: readonly ChainHead[];
    }
  | { readonly kind: 'other' };

/** Returns what a row says about chains; null if it cannot be read. */
export function chainDetails({
  outcome,
  details,
}: Pick<UnsealedRow, 'outcome' | 'details'>): ChainDetails | null {
  const read = READERS[outcome as keyof typeof READERS] as ReadDetails | undefined;
  if (read === undefined) return OTHER;
  const members = details === null ? null : parsedObject(details);
  return members === null ? null : read(members);
}

const OTHER: ChainDetails = { kind: 'other' };

type ReadDetails = (members: JsonObject) => ChainDetails | null;

const READERS = {
  'chain-opened': ({ heads: listed }) => {
    const heads = listOf(listed, headOf);
    return heads === null ? null : { kind: 'opened', heads };
  },
  'chain-closed': ({ count, head, signingKey }) =>
    isCount(count) && isText(head) && isTextOrNull(signingKey)
      ? { kind: 'closed', count, head, signingKey }
      : null,
  'key-changed': ({ from, to }) =>
    isTextOrNull(from) && isTextOrNull(to) ? { kind: 'key-changed', from, to } : null,
  pruned: ({ gaps: pruned, heads: named }) => {
    const gaps = listOf(pruned, gapOf);
    const heads = named === undefined ? [] : listOf(named, headOf);
    return gaps === null || heads === null ? null : { kind: 'pruned', gaps, heads };
  },
} satisfies Readonly<Record<string, ReadDetails>>;

function listOf<T>(
  value: JsonValue | undefined,
  read: (item: JsonObject) => T | null,
): readonly T[] | null {
  if (!isJsonArray(value)) return null;
  const items: T[] = [];
  for (const one of value) {
    const item = isJsonObject(one) ? read(one) : null;
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function headOf({ chain, seq, hash }: JsonObject): ChainHead | null {
  return isText(chain) && isCount(seq) && isText(hash) ? { chain, seq, hash } : null;
}

function gapOf({
  chain,
  previous,
  previousSeq,
  lastSeq,
  last,
  count,
}: JsonObject): ChainGap | null {
  if (!isText(chain) || !isTextOrNull(previous) || !isText(last)) return null;
  if (!isCount(lastSeq) || !isCount(count)) return null;
  if (typeof previousSeq !== 'number' || (previousSeq === -1) !== (previous === null)) return null;
  if (previousSeq < -1 || lastSeq <= previousSeq || count !== lastSeq - previousSeq) return null;
  return { chain, previous, previousSeq, lastSeq, last, count };
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: JsonValue | undefined): value is string | null {
  return value === null || typeof value === 'string';
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
