// Where a check of the log takes the rows from: a store, or the file of an export.
import type { LogRow } from '../../store/own/chain/sealed-row.js';
import type { ChainGap, ChainHead } from '../../store/own/chain/chain-details.js';

export interface LogSource {
  /** Pages of rows, those of a chain in the order of their numbers. */
  readonly pages: AsyncIterable<readonly LogRow[]>;
  /** Whether all rows of a chain come together. */
  readonly isByChain: boolean;
  readonly gaps: Iterable<ChainGap>;
  /** Returns the hashes of those of these rows that are there, by `rowKey`. */
  hashesAt(heads: readonly ChainHead[]): Promise<ReadonlyMap<string, string>>;
  /** Chains that the next opening has to name, or that may still grow; null where nobody knows. */
  readonly listed: ReadonlySet<string> | null;
  /** Whether the rows are a part of the log. */
  readonly isPart: boolean;
}

/** The file of an export. */
export interface FileSource extends LogSource {
  /** Whether kms prune has written it: its rows are those that went, each time with the row about it. */
  readonly isOfPrune: boolean;
  /** How many of its rows, from the first on, stand before a row about them. */
  readonly confirmedRows: number;
}

/** By which a row is looked up. */
export function rowKey({ chain, seq }: Pick<ChainHead, 'chain' | 'seq'>): string {
  return `${chain}:${seq}`;
}
