// Logs of chained rows made in memory, as runs would write them, for the checks of the log.
import { rowKey, type LogSource } from '../../src/report/audit/log-source.js';
import { canonicalJson } from '../../src/kmip/canonical-json.js';
import type { JsonValue } from '../../src/kmip/json.js';
import { chainDetails, type ChainHead } from '../../src/store/own/chain/chain-details.js';
import {
  hashRow,
  sealingKeyId,
  type LogRow,
  type SealedRow,
  type UnsealedRow,
} from '../../src/store/own/chain/sealed-row.js';
import { withBare } from './sql.js';

export interface ChainedLog {
  readonly rows: readonly SealedRow[];
  /** What kms_rotation_chains would have. */
  readonly listed: ReadonlySet<string>;
}

export interface ChainPlan {
  readonly rows: number;
  readonly isClosed?: boolean;
  /** Whether a row says that kms init is done. */
  readonly isInitialised?: boolean;
  /** From this chain on. */
  readonly key?: Uint8Array;
  /** Whether whoever has no key has written it, and listed it. */
  readonly isForged?: boolean;
  /** On which day it is; else it is a minute after the one before. */
  readonly day?: number;
}

export const TEST_KEY = Buffer.alloc(32, 7);

/** Chains one after the other, each naming those before it that nobody has named. */
export function aChainedLog(plans: readonly ChainPlan[]): ChainedLog {
  const rows: SealedRow[] = [];
  let unnamed: readonly ChainHead[] = [];
  let listed = new Set<string>();
  let key: Uint8Array | null = null;
  plans.forEach((plan, index) => {
    const chain = chainId(index);
    const own: SealedRow[] = [];
    const run = plan.day === undefined ? index : plan.day * 1440;
    const add = (outcome: string, details: JsonValue, uid = '') => {
      const by = plan.isForged === true ? null : key;
      own.push(sealedAfter(own.at(-1), { chain, outcome, details, uid, run }, by));
    };
    const heads = plan.isForged === true ? [] : unnamed;
    add('chain-opened', { heads: heads.map((head) => ({ ...head })), store: 'store-1' });
    if (plan.key !== undefined && (key === null || plan.isForged === true)) {
      const to = sealingKeyId(plan.key);
      add('key-changed', { from: null, to });
      key = plan.key;
    }
    for (let row = 0; row < plan.rows; row += 1) add('rotated', { objects: [] }, `key-${row}`);
    if (plan.isInitialised === true) add('initialised', { store: 'created' });
    const open = new Set([...listed].filter((one) => heads.every((head) => head.chain !== one)));
    if (plan.isClosed !== false) {
      const before = own.at(-1);
      add('chain-closed', { count: own.length, head: String(before?.hash), signingKey: null });
    }
    rows.push(...own);
    listed = open.add(chain);
    const { seq, hash } = lastOf(own);
    const others = plan.isForged === true ? unnamed : [];
    unnamed = [...others, { chain, seq, hash }];
  });
  return { rows, listed };
}

function lastOf(rows: readonly SealedRow[]): SealedRow {
  const last = rows.at(-1);
  if (last === undefined) throw new Error('a chain has rows');
  return last;
}

/** In no order of time, as random ids are. */
function chainId(index: number): string {
  const digits = ((index * 7919 + 13) % 65_536).toString(16).padStart(4, '0');
  return `${digits}0000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

export interface RowToSeal {
  readonly chain: string;
  readonly outcome: string;
  readonly details: JsonValue;
  readonly uid: string;
  readonly run: number;
}

export function sealedAfter(
  before: SealedRow | undefined,
  ...[{ chain, outcome, details, uid, run }, key]: [RowToSeal, Uint8Array | null]
): SealedRow {
  return sealed(
    {
      runId: `run-${run}`,
      at: new Date(Date.UTC(2026, 0, 1, 0, run)).toISOString().replace('.000', ''),
      ...{ durationMs: 5, host: 'host-1', osUser: 'kms', version: '1.0.0' },
      ...{ uid, replacementUid: null, flow: null, outcome, reason: null, message: null },
      chain,
      seq: before === undefined ? 0 : before.seq + 1,
      previousHash: before?.hash ?? null,
      keyId: key === null ? null : sealingKeyId(key),
      details: canonicalJson(details),
    },
    key,
  );
}

export function sealed(row: UnsealedRow, key: Uint8Array | null): SealedRow {
  return { ...row, hash: hashRow(row, key), signature: null };
}

export function sourceOf(
  { rows, listed }: { readonly rows: readonly LogRow[]; readonly listed: ReadonlySet<string> },
  part: Partial<Pick<LogSource, 'isPart' | 'listed'>> = {},
): LogSource {
  const sorted = [...rows].sort(
    (a, b) => compare(String(a.chain), String(b.chain)) || Number(a.seq) - Number(b.seq),
  );
  const byKey = new Map(rows.map((row) => [`${row.chain}:${row.seq}`, String(row.hash)]));
  const details = rows.map((row) => chainDetails(row));
  return {
    pages: pagesOf(sorted),
    isByChain: true,
    gaps: details.flatMap((one) => (one?.kind === 'pruned' ? one.gaps : [])),
    hashesAt: (heads) =>
      Promise.resolve(
        new Map(
          heads.flatMap((head) => {
            const hash = byKey.get(rowKey(head));
            return hash === undefined ? [] : [[rowKey(head), hash] as const];
          }),
        ),
      ),
    listed,
    isPart: false,
    ...part,
  };
}

async function* pagesOf(rows: readonly LogRow[]): AsyncGenerator<readonly LogRow[]> {
  for (let from = 0; from < rows.length; from += 3) {
    yield await Promise.resolve(rows.slice(from, from + 3));
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Writes a log into a store, as it stands. */
export async function writeLog(url: string, { rows, listed }: ChainedLog): Promise<void> {
  await withBare(url, async (bare) => {
    for (const row of rows) await bare.query(INSERT, valuesOf(row));
    for (const chain of listed) {
      const values = [chain, 0];
      await bare.query('INSERT INTO kms_rotation_chains (chain, opened_at) VALUES (?, ?)', values);
    }
  });
}

const COLUMNS = {
  run_id: 'runId',
  at: 'at',
  duration_ms: 'durationMs',
  host: 'host',
  os_user: 'osUser',
  version: 'version',
  uid: 'uid',
  replacement_uid: 'replacementUid',
  flow: 'flow',
  outcome: 'outcome',
  reason: 'reason',
  message: 'message',
  chain: 'chain',
  seq: 'seq',
  previous_hash: 'previousHash',
  hash: 'hash',
  key_id: 'keyId',
  details: 'details',
  signature: 'signature',
} as const satisfies Readonly<Record<string, keyof SealedRow>>;

const INSERT = `INSERT INTO kms_rotation_log (${Object.keys(COLUMNS).join(', ')}) VALUES (${Object.keys(
  COLUMNS,
)
  .map(() => '?')
  .join(', ')})`;

function valuesOf(row: SealedRow): readonly unknown[] {
  return Object.values(COLUMNS).map((member) => row[member]);
}
