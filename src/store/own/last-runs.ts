// The last run of each scope (table kms_rotation_runs): one row for each set of filters and shard, which each run of
// `kms rotate due` overwrites, so that a run which changes nothing adds no row anywhere.
import type { Knex } from 'knex';
import { textDigest } from '../../crypto/text-digest.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { insertRows } from '../write/write-rows.js';
import { RUNS_TABLE } from './our-tables.js';

/** Which objects a run was for; members that restrict nothing are absent. */
export interface RunScope {
  readonly owner?: string;
  readonly tags?: readonly string[];
  readonly objectType?: string;
  /** As `0/3`. */
  readonly shard?: string;
}

export interface LastRun {
  readonly scope: RunScope;
  readonly runId: string;
  readonly host: string;
  readonly startedAt: EpochSeconds;
  readonly finishedAt: EpochSeconds;
  readonly exitCode: number;
  readonly due: number;
  readonly rotated: number;
  readonly failed: number;
  readonly notAttempted: number;
  /** How often such runs are started; null if no setting says. */
  readonly cadenceSeconds: number | null;
  /** When a run last came to the end of its list; null if none did. */
  readonly lastGoodAt: EpochSeconds | null;
}

/** Says whether no good run came for two cadences; of runs without a cadence nobody knows. */
export function isMissing({ cadenceSeconds, lastGoodAt }: LastRun, now: EpochSeconds): boolean {
  if (cadenceSeconds === null) return false;
  return lastGoodAt === null || now - lastGoodAt > 2 * cadenceSeconds;
}

/** Returns a scope in words, as in `owner ops, shard 0/3`; empty if it is everything. */
export function scopeWords({ owner, tags = [], objectType, shard }: RunScope): string {
  const parts = [
    owner === undefined ? [] : [`owner ${owner}`],
    tags.map((tag) => `tag ${tag}`),
    objectType === undefined ? [] : [`type ${objectType}`],
    shard === undefined ? [] : [`shard ${shard}`],
  ];
  return parts.flat().join(', ');
}

/** Returns the last run of each scope, the latest first; none without our tables. */
export async function lastRuns({ knex }: Connection): Promise<readonly LastRun[]> {
  if (!(await knex.schema.hasTable(RUNS_TABLE))) return [];
  const rows = await knex(RUNS_TABLE)
    .orderBy([{ column: 'finished_at', order: 'desc' }, { column: 'scope_key' }])
    .select<RunRow[]>();
  return rows.map((row) => ({
    // We wrote the text ourselves, so it parses.
    scope: JSON.parse(row.scope) as RunScope,
    runId: row.run_id,
    host: row.host,
    startedAt: Number(row.started_at),
    finishedAt: Number(row.finished_at),
    exitCode: row.exit_code,
    due: row.due,
    rotated: row.rotated,
    failed: row.failed,
    notAttempted: row.not_attempted,
    cadenceSeconds: row.cadence_seconds === null ? null : Number(row.cadence_seconds),
    lastGoodAt: row.last_good_at === null ? null : Number(row.last_good_at),
  }));
}

/** Records a run in the row of its scope. A null `lastGoodAt` keeps that of an earlier run. Within a transaction. */
export async function recordRun(
  { dialect }: Pick<Connection, 'dialect'>,
  transaction: Knex.Transaction,
  run: LastRun,
): Promise<void> {
  const scope = JSON.stringify(run.scope);
  const scope_key = textDigest(scope);
  const row = {
    run_id: run.runId,
    host: run.host,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    exit_code: run.exitCode,
    due: run.due,
    rotated: run.rotated,
    failed: run.failed,
    not_attempted: run.notAttempted,
    cadence_seconds: run.cadenceSeconds,
    ...(run.lastGoodAt === null ? {} : { last_good_at: run.lastGoodAt }),
  };
  const updated = await transaction(RUNS_TABLE).where({ scope_key }).update(row);
  if (updated > 0) return;
  await insertRows(transaction, dialect, RUNS_TABLE, [
    { scope_key, scope, last_good_at: null, ...row },
  ]);
}

type BigInteger = number | string;

interface RunRow {
  readonly scope: string;
  readonly run_id: string;
  readonly host: string;
  readonly started_at: BigInteger;
  readonly finished_at: BigInteger;
  readonly exit_code: number;
  readonly due: number;
  readonly rotated: number;
  readonly failed: number;
  readonly not_attempted: number;
  readonly cadence_seconds: BigInteger | null;
  readonly last_good_at: BigInteger | null;
}
