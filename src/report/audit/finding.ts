// What a check of the log can find, and the words for it.
import type { SealedRow } from '../../store/own/chain/sealed-row.js';

export type FindingKind =
  /** What the row says is not what was sealed. */
  | 'altered'
  /** The row is sealed, but not the one that the next row, or the opening of another chain, names. */
  | 'replaced'
  /** Rows are gone that no prune has removed. */
  | 'missing'
  /** A row, or a chain, is there that nothing vouches for. */
  | 'inserted'
  /** A row has no seal. */
  | 'unsealed'
  /** Another key seals the row than should. */
  | 'key'
  /** The signature of the row that closes a chain is wrong or gone. */
  | 'signature'
  /** A row about the chain itself cannot be true. */
  | 'contradictory';

/** A row, for people to find it. */
export interface RowPlace {
  readonly chain: string | null;
  readonly seq: number | null;
  readonly hash: string | null;
  readonly at: string;
  readonly run: string;
  readonly uid: string;
  readonly outcome: string;
}

export interface Finding {
  readonly kind: FindingKind;
  readonly chain: string | null;
  /** The row that was altered, or the first that is missing. */
  readonly seq: number | null;
  /** The last that is missing. */
  readonly lastSeq: number | null;
  /** Null if the row is gone. */
  readonly row: RowPlace | null;
  readonly message: string;
  /** The last row of the chain that is as it was sealed, before what was found. */
  readonly lastGood: RowPlace | null;
}

/** Returns a finding about a row that is there. */
export function rowFinding(
  kind: FindingKind,
  row: RowPlace,
  ...[message, lastGood]: [string, RowPlace | null]
): Finding {
  return { kind, chain: row.chain, seq: row.seq, lastSeq: row.seq, row, message, lastGood };
}

/** Returns a finding about rows of a chain that are gone. */
export function missingRows(
  { chain, from, to }: { readonly chain: string; readonly from: number; readonly to: number },
  ...[message, lastGood]: [string, RowPlace | null]
): Finding {
  return { kind: 'missing', chain, seq: from, lastSeq: to, row: null, message, lastGood };
}

export function placeOf(
  row: Pick<SealedRow, 'at' | 'runId' | 'uid' | 'outcome'> &
    Pick<RowPlace, 'chain' | 'seq' | 'hash'>,
): RowPlace {
  const { chain, seq, hash, at, runId: run, uid, outcome } = row;
  return { chain, seq, hash, at, run, uid, outcome };
}
