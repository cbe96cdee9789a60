// Checks what kms prune has written of the rows that it removed: each must be as it was sealed, and each gap that a prune left in
// the log must be filled, from the hash before it to its last one. What remains in the log is not there, and not missed.
import type { ChainGap } from '../../store/own/chain/chain-details.js';
import { isSealed, type LogRow } from '../../store/own/chain/sealed-row.js';
import { checkChain, type ChainCheck, type ChainContext } from './check-chain.js';
import type { LogCheck, LogCheckOptions } from './check-log.js';
import { sealHolds } from './check-row.js';
import { placeOf, rowFinding, type Finding } from './finding.js';
import { gapsOf } from './gaps.js';
import { limitedList } from './limited-list.js';
import type { FileSource } from './log-source.js';

export async function checkPruned(
  source: Pick<FileSource, 'pages' | 'gaps' | 'confirmedRows'>,
  options: Omit<LogCheckOptions, 'heads'>,
): Promise<LogCheck> {
  const findings = limitedList<Finding>();
  const missingKeys = new Map<string, number>();
  const removed = gapsOf(source.gaps);
  const kept = gapsOf(removed.chains.flatMap((chain) => between(removed.of(chain))));
  const context: ChainContext = {
    ...options,
    gaps: kept,
    isPart: false,
    report: (finding) => {
      const isMissing = finding.kind === 'missing';
      findings.add(isMissing ? { ...finding, message: NOT_HERE } : finding);
    },
    missesKey: (keyId) => missingKeys.set(keyId, (missingKeys.get(keyId) ?? 0) + 1),
  };
  const checks = new Map<string, ChainCheck>();
  for (const chain of removed.chains) checks.set(chain, checkChain(chain, context));
  const take = (row: LogRow) => {
    const place = placeOf(row);
    const bad = (kind: Finding['kind'], message: string) => {
      findings.add(rowFinding(kind, place, message, null));
    };
    if (!isSealed(row)) bad('unsealed', 'it has no seal');
    else if (removed.around(row.chain, row.seq) !== undefined) checks.get(row.chain)?.next(row);
    else if (row.outcome !== 'pruned') bad('inserted', 'no row here says that it was removed');
    else if (!sealHolds(row, context)) bad('altered', 'what it says is not what was sealed');
  };
  let rows = 0;
  let unconfirmed = 0;
  for await (const page of source.pages) {
    const confirmed = page.slice(0, Math.max(0, source.confirmedRows - rows));
    confirmed.forEach(take);
    rows += page.length;
    unconfirmed += page.length - confirmed.length;
  }
  for (const check of checks.values()) check.end();
  const counts = { rows, chains: checks.size, notYetSealed: 0, begunBefore: 0 };
  const pruned = { unconfirmed };
  return { ...counts, open: limitedList(), findings, missingKeys, isPart: true, pruned };
}

const NOT_HERE = 'a row here says that it was removed, and it is not here';

/** Returns what lies between the gaps of a chain, and one row after the last, so that the end of each must be there. */
function between(gaps: readonly ChainGap[]): readonly ChainGap[] {
  const found: ChainGap[] = [];
  let before: Pick<ChainGap, 'lastSeq' | 'last'> | null = null;
  for (const gap of gaps) {
    const previousSeq: number = before?.lastSeq ?? -1;
    if (gap.previous !== null && gap.previousSeq > previousSeq) {
      found.push(gapOf(gap, before?.last ?? null, { from: previousSeq, to: gap.previousSeq }));
    }
    before = gap;
  }
  if (before === null) return found;
  const { last, lastSeq } = before;
  const { chain = '' } = gaps[0] ?? {};
  return [...found, gapOf({ chain, previous: last }, last, { from: lastSeq, to: lastSeq + 1 })];
}

function gapOf(
  { chain, previous }: Pick<ChainGap, 'chain' | 'previous'>,
  hashBefore: string | null,
  { from, to }: { readonly from: number; readonly to: number },
): ChainGap {
  const [previousSeq, lastSeq] = [from, to];
  return {
    ...{ chain, previous: hashBefore, previousSeq, lastSeq },
    last: previous ?? '',
    count: to - from,
  };
}
