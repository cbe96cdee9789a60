// The gaps that prunes left in the chains of the log, by chain, and what lies in them.
import type { ChainGap } from '../../store/own/chain/chain-details.js';

export interface Gaps {
  readonly chains: readonly string[];
  /** The hash of the last row of each gap. */
  readonly lastHashes: ReadonlySet<string>;
  /** Returns the gaps of a chain in the order of their rows. */
  of(chain: string): readonly ChainGap[];
  /** Returns the gap in which a row lies. */
  around(chain: string, seq: number): ChainGap | undefined;
}

export function gapsOf(found: Iterable<ChainGap>): Gaps {
  const byChain = new Map<string, ChainGap[]>();
  const lastHashes = new Set<string>();
  for (const gap of found) {
    lastHashes.add(gap.last);
    const gaps = byChain.get(gap.chain);
    if (gaps === undefined) byChain.set(gap.chain, [gap]);
    else gaps.push(gap);
  }
  for (const gaps of byChain.values()) gaps.sort((a, b) => a.previousSeq - b.previousSeq);
  const of = (chain: string) => byChain.get(chain) ?? NONE;
  return {
    chains: [...byChain.keys()],
    lastHashes,
    of,
    around: (chain, seq) =>
      of(chain).find(({ previousSeq, lastSeq }) => previousSeq < seq && seq <= lastSeq),
  };
}

const NONE: readonly ChainGap[] = [];
