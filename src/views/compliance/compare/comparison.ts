// What became better or worse between two reports on one store, object by object and in sum. Pure: old-report.ts reads
// the earlier one, comparison-words.ts tells the difference.
import { KmsError } from '../../../errors.js';
import { compareUids } from '../../../rotation/plan.js';
import { mapped } from '../../../text/lazy-lists.js';
import type { ComparableReport } from './old-report.js';

/** `mixed`: it lost a reason not to comply and got another. */
const DIRECTIONS = ['worse', 'mixed', 'better'] as const;
type Direction = (typeof DIRECTIONS)[number];

export interface ComparedKey {
  readonly uid: string;
  readonly direction: Direction;
  /** Which of the reports have it. A rotation ends one object and begins another. */
  readonly presence: 'both' | 'new' | 'gone';
  /** Reasons not to comply that only the earlier report has. */
  readonly resolved: readonly string[];
  /** Reasons that only this report has. */
  readonly appeared: readonly string[];
}

/** A figure of the earlier report and of this one. */
interface Figures {
  readonly before: number;
  readonly after: number;
}

export interface Comparison {
  readonly since: string;
  readonly summary: {
    readonly keys: Figures;
    readonly nonCompliant: Figures;
    readonly better: number;
    readonly worse: number;
    readonly mixed: number;
    /** Keys that only this report has, and those that only the earlier one has. */
    readonly new: number;
    readonly gone: number;
    readonly byShortcoming: Readonly<Record<string, Figures>>;
  };
  /** Rules that are not the same: the rest may differ for them alone. */
  readonly changedRules: readonly string[];
  /** Those that differ, what is worse first. */
  readonly keys: readonly ComparedKey[];
  readonly findings: {
    readonly resolved: readonly Finding[];
    readonly appeared: readonly Finding[];
  };
}

type Finding = ComparableReport['findings'][number];

/** @throws KmsError InvalidArgument if the reports cannot be compared. */
export function compareReports(before: ComparableReport, after: ComparableReport): Comparison {
  assertComparable(before, after);
  const old = reasonsByUid(before);
  const current = reasonsByUid(after);
  const uids = new Set([...old.keys(), ...current.keys()]);
  const keys = [...uids].flatMap((uid) => compared(uid, old.get(uid), current.get(uid)) ?? []);
  const count = (wanted: Direction) => keys.filter(({ direction }) => direction === wanted).length;
  return {
    since: before.now,
    summary: {
      keys: { before: old.size, after: current.size },
      nonCompliant: { before: failing(old), after: failing(current) },
      ...{ better: count('better'), worse: count('worse'), mixed: count('mixed') },
      new: [...current.keys()].filter((uid) => !old.has(uid)).length,
      gone: [...old.keys()].filter((uid) => !current.has(uid)).length,
      byShortcoming: byShortcoming(old, current),
    },
    changedRules: differing(before.rules, after.rules),
    keys: keys.sort(worstFirst),
    findings: {
      resolved: without(before.findings, after.findings),
      appeared: without(after.findings, before.findings),
    },
  };
}

function assertComparable(before: ComparableReport, after: ComparableReport): void {
  const refuse = (what: string, hint: string) =>
    new KmsError('InvalidArgument', `--compare: the reports cannot be compared: ${what}`, { hint });
  const [was, is] =
    before.storeId === null || after.storeId === null
      ? [before.store, after.store]
      : [before.storeId, after.storeId];
  if (was !== is) {
    throw refuse(
      `the earlier one is of the store ${before.store}, this one of ${after.store}`,
      'name a report of this store',
    );
  }
  if (differing({ ...before.filters }, { ...after.filters }).length > 0) {
    throw refuse(
      `the earlier one has the filters ${JSON.stringify(before.filters)}, this one ${JSON.stringify(after.filters)}`,
      'use the filters of the earlier report',
    );
  }
  if (Date.parse(before.now) > Date.parse(after.now)) {
    throw refuse(
      `the earlier one is of ${before.now}, which is after ${after.now}`,
      'name an earlier report, and check the clock of this host',
    );
  }
}

type Reasons = ReadonlyMap<string, readonly string[]>;

function reasonsByUid({ keys }: ComparableReport): Reasons {
  const names = mapped(
    keys,
    ({ uid, shortcomings }) => [uid, shortcomings.map(({ name }) => name)] as const,
  );
  return new Map(names);
}

/** Returns null if nothing of a key became better or worse. */
function compared(
  uid: string,
  old: readonly string[] | undefined,
  current: readonly string[] | undefined,
): ComparedKey | null {
  const resolved = (old ?? []).filter((name) => current?.includes(name) !== true);
  const appeared = (current ?? []).filter((name) => old?.includes(name) !== true);
  if (resolved.length + appeared.length === 0) return null;
  return {
    uid,
    direction: resolved.length === 0 ? 'worse' : appeared.length === 0 ? 'better' : 'mixed',
    presence: old === undefined ? 'new' : current === undefined ? 'gone' : 'both',
    resolved,
    appeared,
  };
}

function failing(reasons: Reasons): number {
  return [...reasons.values()].filter((names) => names.length > 0).length;
}

function byShortcoming(old: Reasons, current: Reasons): Readonly<Record<string, Figures>> {
  const names = new Set([...old.values(), ...current.values()].flat());
  const having = (reasons: Reasons, name: string) =>
    [...reasons.values()].filter((all) => all.includes(name)).length;
  return Object.fromEntries(
    [...names]
      .sort()
      .map((name) => [name, { before: having(old, name), after: having(current, name) }]),
  );
}

function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const text = (value: unknown) => JSON.stringify(value ?? null);
  return Object.keys(after).filter((name) => text(before[name]) !== text(after[name]));
}

function without(some: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const identity = ({ code, uids }: Finding) => JSON.stringify([code, uids]);
  const known = new Set(others.map(identity));
  return some
    .filter((finding) => !known.has(identity(finding)))
    .map(({ code, uids }) => ({ code, uids }));
}

function worstFirst(a: ComparedKey, b: ComparedKey): number {
  const rank = ({ direction }: ComparedKey) => DIRECTIONS.indexOf(direction);
  return rank(a) - rank(b) || compareUids(a.uid, b.uid);
}
