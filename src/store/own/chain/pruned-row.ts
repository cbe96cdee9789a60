// What a prune leaves in the log: the gaps of the rows that it removes, and the heads that the removed rows named, so that
// each row which is still there is vouched for as before. prune-log.ts removes them.
import { canonicalJson } from '../../../kmip/canonical-json.js';
import { chainDetails, type ChainGap, type ChainHead } from './chain-details.js';
import type { SealedRow } from './sealed-row.js';

/** Returns the details of the row about these removed rows. */
export function prunedDetails(olderThan: string, removed: readonly SealedRow[]): string {
  return canonicalJson({
    olderThan,
    gaps: gapsOf(removed).map((gap) => ({ ...gap })),
    heads: headsOf(removed).map((head) => ({ ...head })),
  });
}

function gapsOf(removed: readonly SealedRow[]): readonly ChainGap[] {
  const sorted = [...removed].sort(
    (a, b) => (a.chain < b.chain ? -1 : Number(a.chain > b.chain)) || a.seq - b.seq,
  );
  const gaps: ChainGap[] = [];
  for (const { chain, seq, previousHash, hash } of sorted) {
    const before = gaps.at(-1);
    if (before?.chain === chain && before.lastSeq + 1 === seq) {
      gaps[gaps.length - 1] = { ...before, lastSeq: seq, last: hash, count: before.count + 1 };
    } else {
      const start = { chain, previous: previousHash, previousSeq: seq - 1 };
      gaps.push({ ...start, lastSeq: seq, last: hash, count: 1 });
    }
  }
  return gaps;
}

/** Those that are removed with it need no name; of all others the gaps of earlier prunes may tell, or nothing does. */
function headsOf(removed: readonly SealedRow[]): readonly ChainHead[] {
  const hashes = new Set(removed.map(({ hash }) => hash));
  return removed.flatMap((row) => {
    const details = chainDetails(row);
    return details?.kind === 'opened' ? details.heads.filter((head) => !hashes.has(head.hash)) : [];
  });
}
