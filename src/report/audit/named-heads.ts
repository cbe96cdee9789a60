// What chains say of each other: each row that an opening names must be there, and each chain must be named by its last row,
// unless it is among the newest.
import type { ChainHead } from '../../store/own/chain/chain-details.js';

import type { ChainEnd } from './check-chain.js';
import { keyWords } from './key-words.js';
import { missingRows, rowFinding, type Finding, type RowPlace } from './finding.js';
import type { Gaps } from './gaps.js';
import { rowKey, type LogSource } from './log-source.js';

export interface NamedHeads {
  /** The row names these heads. */
  named(heads: readonly ChainHead[], by: RowPlace): void;
  /** A chain ends, as far as its rows are there. */
  ended(end: ChainEnd & { readonly last: RowPlace }): void;
  /** Looks whether what was named is there, once it is so many. */
  lookUp(atLeast: number): Promise<void>;
  /** Reports, when all rows were seen, what is gone and what nobody names. */
  finish(isInForce: (keyId: string | null) => boolean): void;
}

export interface NamedHeadsContext {
  readonly source: Pick<LogSource, 'hashesAt' | 'listed' | 'isPart'>;
  readonly gaps: Gaps;
  readonly report: (finding: Finding) => void;
  /** Says whether the row was reported as missing. */
  readonly isReported: (chain: string, seq: number) => boolean;
}

interface NamedHead extends ChainHead {
  readonly by: RowPlace;
}

type End = ChainEnd & { readonly last: RowPlace };

export function namedHeads({ source, gaps, report, isReported }: NamedHeadsContext): NamedHeads {
  let pending: NamedHead[] = [];
  const gone = new Map<string, NamedHead>();
  /** Hashes that were named before their chain came to an end. Both lists shrink as they meet. */
  const namedBefore = new Set<string>();
  const notNamed = new Map<string, End>();
  return {
    named: (heads, by) => {
      for (const head of heads) {
        pending.push({ ...head, by });
        if (!notNamed.delete(head.hash)) namedBefore.add(head.hash);
      }
    },
    ended: (end) => {
      const hash = String(end.last.hash);
      if (!namedBefore.delete(hash)) notNamed.set(hash, end);
    },
    lookUp: async (atLeast) => {
      if (pending.length < atLeast) return;
      const asked = pending;
      pending = [];
      const hashes = await source.hashesAt(asked);
      for (const head of asked) {
        const hash = hashes.get(rowKey(head)) ?? prunedHash(head, gaps);
        if (hash === undefined) keepHighest(gone, head);
        else if (hash !== head.hash) report(exchanged(head));
      }
    },
    finish: (isInForce) => {
      const ends = new Map([...notNamed.values()].map((end) => [end.last.chain, end]));
      if (!source.isPart) {
        for (const head of gone.values()) {
          const end = ends.get(head.chain);
          ends.delete(head.chain);
          if (!isReported(head.chain, head.seq)) report(removed(head, end?.last ?? null));
        }
      }
      for (const { last, keyId } of ends.values()) {
        if (source.listed?.has(String(last.chain)) === false) report(nobodyNames(last));
        else if (keyId !== undefined && !isInForce(keyId)) report(oldKey(last, keyId));
      }
    },
  };
}

/** Of a row within a gap nobody knows the hash any more, so any will do. */
function prunedHash(head: ChainHead, gaps: Gaps): string | undefined {
  const gap = gaps.around(head.chain, head.seq);
  if (gap === undefined) return undefined;
  return gap.lastSeq === head.seq ? gap.last : head.hash;
}

function keepHighest(gone: Map<string, NamedHead>, head: NamedHead): void {
  const known = gone.get(head.chain);
  if (known === undefined || known.seq < head.seq) gone.set(head.chain, head);
}

function namedBy({ chain, seq, at }: RowPlace): string {
  return `row ${String(seq)} of the chain ${String(chain)}, of ${at}`;
}

function removed({ chain, seq, by }: NamedHead, last: RowPlace | null): Finding {
  const from = last?.seq == null ? 0 : last.seq + 1;
  const what = last === null ? 'the chain was removed' : 'the end of the chain was removed';
  return missingRows(
    { chain, from: Math.min(from, seq), to: seq },
    `${what}; ${namedBy(by)} names it`,
    last,
  );
}

function exchanged({ chain, seq, by }: NamedHead): Finding {
  const message = `another row is in its place than the one that ${namedBy(by)} names`;
  return { kind: 'replaced', chain, seq, lastSeq: seq, row: null, message, lastGood: null };
}

function nobodyNames(last: RowPlace): Finding {
  const message =
    'no later chain names this last row of its chain, nor will the next one: the chain was inserted, its end removed, or the chain that named it';
  return rowFinding('inserted', last, message, last);
}

function oldKey(last: RowPlace, keyId: string | null): Finding {
  const message = `its chain is sealed by ${keyWords(keyId)}, which is no longer in force, and no later chain names it`;
  return rowFinding('key', last, message, null);
}
