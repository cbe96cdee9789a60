// Checks the log: each chain by itself (check-chain.ts), and that the chains vouch for each other (named-heads.ts). Every
// chain is named by the opening of a later one, so that none can be removed, cut or exchanged but at the very end; heads
// that were written down elsewhere cover that end. Memory grows with the number of chains and gaps, not of rows.
import type { ChainHead } from '../../store/own/chain/chain-details.js';
import { isSealed, type LogRow, type SealedRow } from '../../store/own/chain/sealed-row.js';
import { SEALED_MARKS } from '../../store/own/rotation-log.js';
import { bareChains } from './bare-chains.js';
import { checkChain, type ChainCheck, type ChainContext } from './check-chain.js';
import { missingRows, placeOf, rowFinding, type Finding, type RowPlace } from './finding.js';
import { gapsOf } from './gaps.js';
import { keyKinds } from './key-kinds.js';
import type { LogSource } from './log-source.js';
import { limitedList, type LimitedList } from './limited-list.js';
import { namedHeads } from './named-heads.js';
import { outsideHeads, type OutsideHead } from './outside-heads.js';

export interface LogCheckOptions extends Pick<ChainContext, 'keys' | 'publicKeys' | 'since'> {
  readonly heads: readonly OutsideHead[];
}

/** A chain without a row that closes it: a run is at work, or was interrupted. */
interface OpenChain extends ChainHead {
  readonly at: string;
  readonly run: string;
}

export interface LogCheck {
  readonly rows: number;
  readonly chains: number;
  /** Rows without a seal in a log that kms init has yet to seal. */
  readonly notYetSealed: number;
  readonly open: LimitedList<OpenChain>;
  readonly findings: LimitedList<Finding>;
  /** Keys that are needed to check the rest, and for how many rows. */
  readonly missingKeys: ReadonlyMap<string, number>;
  readonly isPart: boolean;
  /** Of what kms prune has written: how many rows at its end have no row about their removal. */
  readonly pruned?: { readonly unconfirmed: number };
  /** Chains that begin before this part of the log. */
  readonly begunBefore: number;
}

const HEADS_AT_ONCE = 500;

export async function checkLog(source: LogSource, options: LogCheckOptions): Promise<LogCheck> {
  const gaps = gapsOf(source.gaps);
  const findings = limitedList<Finding>();
  /** Rows that are as kms left them before the log had chains. */
  const untouched = limitedList<Finding>();
  let isLogSealed = source.isPart;
  const open = limitedList<OpenChain>();
  const missingKeys = new Map<string, number>();
  const isReported = (chain: string, seq: number) =>
    findings.items.some(
      (one) =>
        one.kind === 'missing' && one.chain === chain && isBetween(seq, one.seq, one.lastSeq),
    );
  const context: ChainContext = {
    ...options,
    gaps,
    isPart: source.isPart,
    report: findings.add,
    missesKey: (keyId) => missingKeys.set(keyId, (missingKeys.get(keyId) ?? 0) + 1),
  };
  const kinds = keyKinds();
  const bare = bareChains();
  const outside = outsideHeads(options.heads);
  const names = namedHeads({ source, gaps, report: findings.add, isReported });
  /** Chains of which no row was seen yet, and of which there should be some. */
  const absent = new Set(source.isPart ? [] : [...gaps.chains, ...(source.listed ?? [])]);
  const checks = new Map<string, ChainCheck>();
  const counts = { rows: 0, chains: 0, begunBefore: 0 };

  const endAll = () => {
    for (const [chain, check] of checks) {
      const { last, ...end } = check.end();
      if (end.beginsInMiddle) counts.begunBefore += 1;
      if (end.broughtInAt !== null) bare.broughtIn(end.broughtInAt);
      if (last === null || end.isPruned) continue;
      if (!end.isClosed) open.add(openChain(chain, last));
      names.ended({ ...end, last });
    }
    checks.clear();
  };
  const checkOf = (chain: string) => {
    const known = checks.get(chain);
    if (known !== undefined) return known;
    if (source.isByChain) endAll();
    const check = checkChain(chain, context);
    checks.set(chain, check);
    absent.delete(chain);
    counts.chains += 1;
    return check;
  };
  const take = (row: LogRow) => {
    counts.rows += 1;
    if (!isInChain(row)) {
      const { add } = isUntouched(row) ? untouched : findings;
      add(rowFinding('unsealed', placeOf(row), 'it has no seal', null));
      return;
    }
    isLogSealed ||= row.uid === '' && SEALED_MARKS.includes(row.outcome);
    const place = placeOf(row);
    const details = checkOf(row.chain).next(row);
    outside.seen(row.hash);
    kinds.sealed(row.keyId, place);
    if (details?.kind === 'key-changed') kinds.changed(details.from, details.to, place);
    if (details?.kind !== 'opened' && details?.kind !== 'pruned') return;
    const isKeyed = row.keyId !== null && details.kind === 'opened';
    if (isKeyed) bare.keyedOpening(row.at);
    const { chain, seq, at } = row;
    names.named(details.heads, { by: { chain, seq, at }, provesBare: !isKeyed });
    outside.named(details.heads);
  };

  for await (const page of source.pages) {
    page.forEach(take);
    await names.lookUp(HEADS_AT_ONCE);
  }
  endAll();
  if (isLogSealed) findings.addAll(untouched);
  const notYetSealed = isLogSealed ? 0 : untouched.count();
  await names.lookUp(1);
  for (const chain of absent) endAbsent(chain, context);
  for (const finding of kinds.findings()) findings.add(finding);
  names.finish({ isInForce: kinds.isInForce, isTooLate: bare.isTooLate });
  outside.findings(gaps).forEach(findings.add);
  return { ...counts, notYetSealed, open, findings, missingKeys, isPart: source.isPart };
}

/** Of a chain without rows a prune must have removed all. */
function endAbsent(chain: string, context: ChainContext): void {
  if (context.gaps.of(chain).length > 0) {
    checkChain(chain, context).end();
    return;
  }
  const message = 'the chain was removed; the table of chains still lists it';
  context.report(missingRows({ chain, from: 0, to: 0 }, message, null));
}

function openChain(chain: string, { seq, hash, at, run }: RowPlace): OpenChain {
  return { chain, seq: Number(seq), hash: String(hash), at, run };
}

const CHAIN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isUntouched({ chain, seq, hash }: LogRow): boolean {
  return chain === null && seq === null && hash === null;
}

function isInChain(row: LogRow): row is SealedRow {
  return isSealed(row) && CHAIN_ID.test(row.chain);
}

function isBetween(seq: number, first: number | null, last: number | null): boolean {
  return first !== null && last !== null && first <= seq && seq <= last;
}
