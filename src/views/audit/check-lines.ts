// `kms audit verify` for people, and its document.
import type { RowPlace } from '../../report/audit/finding.js';
import type { LogCheck } from '../../report/audit/check-log.js';
import { printable } from '../../text/printable.js';

export function checkLines(check: LogCheck): readonly string[] {
  return [
    verdict(check),
    ...findingLines(check),
    ...openLines(check),
    ...unsealedLines(check),
    ...partLines(check),
  ].map(printable);
}

export function checkJson({ findings, open, missingKeys, ...check }: LogCheck): object {
  return {
    whole: findings.count() === 0,
    ...check,
    findings: findings.items,
    findingCount: findings.count(),
    open: open.items,
    openCount: open.count(),
    missingKeys: [...missingKeys].map(([keyId, rows]) => ({ keyId, rows })),
  };
}

function verdict({ findings, rows, chains }: LogCheck): string {
  const found = findings.count();
  const log = `${counted(rows, 'row')} in ${counted(chains, 'chain')}`;
  return found === 0 ? `whole: ${log}` : `ALTERED in ${counted(found, 'place')}: ${log}`;
}

function* findingLines({ findings }: LogCheck): Generator<string> {
  for (const { kind, chain, seq, lastSeq, row, message, lastGood } of findings.items) {
    const rows =
      seq === lastSeq || lastSeq === null
        ? `row ${seq ?? '?'}`
        : `rows ${seq ?? '?'} to ${lastSeq}`;
    const place = chain === null ? 'a row' : `${rows} of chain ${chain}`;
    yield `${kind}: ${place}${row === null ? '' : ` (${rowWords(row)})`}: ${message}`;
    if (lastGood !== null) yield `  last good row: ${lastGood.seq ?? '?'} (${rowWords(lastGood)})`;
  }
  const more = findings.count() - findings.items.length;
  if (more > 0) yield `and ${more} more`;
}

function* unsealedLines({ notYetSealed }: LogCheck): Generator<string> {
  if (notYetSealed > 0)
    yield `not sealed yet: ${counted(notYetSealed, 'row')}; kms init --yes does`;
}

function* openLines({ open }: LogCheck): Generator<string> {
  for (const { chain, seq, at, run } of open.items) {
    yield `open or interrupted: chain ${chain} of run ${run}, up to row ${seq} of ${at}`;
  }
  const more = open.count() - open.items.length;
  if (more > 0) yield `and ${more} more`;
}

function* partLines({ isPart, begunBefore, pruned }: LogCheck): Generator<string> {
  if (!isPart) return;
  if (pruned !== undefined) {
    yield 'what kms prune removed: that the log has a row about it was not checked';
    if (pruned.unconfirmed > 0)
      yield `not checked: ${counted(pruned.unconfirmed, 'row')} at the end, as kms prune was stopped before it could say that it had removed them`;
    return;
  }
  yield `a part of the log: ${counted(begunBefore, 'chain')} began before it, and what it names of other parts was not checked`;
}

function rowWords({ outcome, uid, run, at }: RowPlace): string {
  return `${outcome}${uid === '' ? '' : ` ${uid}`}, run ${run}, ${at}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
