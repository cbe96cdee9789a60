// Keeps conditions (table kms_rotation_conditions): reads them, and lets a caller decide about some of them while no
// other run can, so that of two runs at once one tells. conditions/ says what they are.
import type { Knex } from 'knex';
import { conditionKey, type Condition, type Mark } from '../../conditions/condition.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { inChunks } from '../find/rows.js';
import { insertRows } from '../write/write-rows.js';
import { insertOwnRows } from './chain/seal-rows.js';
import { CONDITIONS_TABLE, OUTBOX_TABLE, type OwnRow } from './our-tables.js';
import { HOLDING_TYPE } from './outbox-rows.js';

/** What is written of some conditions, all of it or nothing. */
interface ConditionUpdate {
  /** Each with its new state. */
  readonly conditions: readonly Condition[];
  /** What tells of them: rows of the log and the outbox. */
  readonly ownRows: readonly OwnRow[];
}

/** Decides about some conditions, given what is there of them. */
export type DecideConditions = (known: KnownConditions) => ConditionUpdate;

interface KnownConditions {
  /** By their keys. */
  readonly present: ReadonlyMap<string, Condition>;
  /** Says whether a destination has not yet been sent what it was to be told of what is wrong with a subject. */
  readonly isWaiting: (destination: string, uid: string) => boolean;
}

/** What identifies a condition. */
export type ConditionName = Pick<Condition, 'kind' | 'subject'>;

/** Returns the conditions that hold, the oldest first; none without our tables. */
export async function openConditions({ knex }: Connection): Promise<readonly Condition[]> {
  if (!(await knex.schema.hasTable(CONDITIONS_TABLE))) return [];
  const rows = await knex(CONDITIONS_TABLE)
    .whereNull('resolved_at')
    .orderBy(['first_seen_at', 'condition_key'])
    .select<ConditionRow[]>();
  return rows.map(conditionOf);
}

/** Returns every condition with this id or subject, also those that are over. */
export async function findConditions(
  { knex }: Connection,
  idOrSubject: string,
): Promise<readonly Condition[]> {
  if (!(await knex.schema.hasTable(CONDITIONS_TABLE))) return [];
  const rows = await knex(CONDITIONS_TABLE)
    .where('id', idOrSubject)
    .orWhere('subject', idOrSubject)
    .orderBy(['first_seen_at', 'condition_key'])
    .select<ConditionRow[]>();
  // A database that ignores case finds more than was asked for.
  return rows
    .map(conditionOf)
    .filter(({ id, subject }) => id === idOrSubject || subject === idOrSubject);
}

/** Locks these conditions, and writes what is decided about them. Within a transaction. */
export async function updateConditions(
  connection: Connection,
  transaction: Knex.Transaction,
  names: readonly ConditionName[],
  decide: DecideConditions,
): Promise<void> {
  const rows = await inChunks(names.map(conditionKey).sort(), (chunk) =>
    transaction(CONDITIONS_TABLE)
      .whereIn('condition_key', chunk)
      .orderBy('condition_key')
      .forUpdate()
      .select<ConditionRow[]>(),
  );
  const present = new Map(rows.map((row) => [row.condition_key, conditionOf(row)]));
  const waiting = await inChunks(
    names.map(({ subject }) => subject),
    (chunk) =>
      transaction(OUTBOX_TABLE)
        .where({ state: 'waiting' })
        .whereIn('event_type', ['kms.failed', 'kms.condition', HOLDING_TYPE])
        .whereIn('uid', chunk)
        .select<{ destination: string; uid: string }[]>('destination', 'uid'),
  );
  const { conditions, ownRows } = decide({
    present,
    isWaiting: (destination, uid) =>
      waiting.some((one) => one.destination === destination && one.uid === uid),
  });
  const added: ConditionRow[] = [];
  for (const condition of conditions) {
    const row = rowOf(condition);
    if (!present.has(row.condition_key)) added.push(row);
    else {
      await transaction(CONDITIONS_TABLE)
        .where('condition_key', row.condition_key)
        .update({ ...row });
    }
  }
  await insertRows(
    transaction,
    connection.dialect,
    CONDITIONS_TABLE,
    added.map((row) => ({ ...row })),
  );
  await insertOwnRows(connection, transaction, ownRows);
}

/** Some drivers return 64-bit integers as text. */
type BigInteger = number | string;

interface ConditionRow {
  readonly condition_key: string;
  readonly id: string;
  readonly kind: Condition['kind'];
  readonly subject: string;
  readonly about: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string | null;
  readonly first_seen_at: BigInteger;
  readonly last_seen_at: BigInteger;
  readonly failures: BigInteger;
  readonly told_at: BigInteger | null;
  readonly told_as: string | null;
  readonly told_reason: string | null;
  readonly logged_at: BigInteger | null;
  readonly logged_as: string | null;
  readonly logged_reason: string | null;
  readonly acknowledged_until: BigInteger | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_because: string | null;
  readonly resolved_at: BigInteger | null;
  readonly resolution: NonNullable<Condition['resolved']>['how'] | null;
}

function conditionOf(row: ConditionRow): Condition {
  const until = secondsOf(row.acknowledged_until);
  const resolvedAt = secondsOf(row.resolved_at);
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    // We wrote the text ourselves, so it parses.
    about: JSON.parse(row.about) as Condition['about'],
    reason: row.reason,
    message: row.message,
    hint: row.hint,
    firstSeenAt: Number(row.first_seen_at),
    lastSeenAt: Number(row.last_seen_at),
    failures: Number(row.failures),
    told: markOf(row.told_at, row.told_as, row.told_reason),
    logged: markOf(row.logged_at, row.logged_as, row.logged_reason),
    acknowledged:
      until === null || row.acknowledged_by === null || row.acknowledged_because === null
        ? null
        : { until, by: row.acknowledged_by, because: row.acknowledged_because },
    resolved:
      resolvedAt === null || row.resolution === null
        ? null
        : { at: resolvedAt, how: row.resolution },
  };
}

function secondsOf(value: BigInteger | null): EpochSeconds | null {
  return value === null ? null : Number(value);
}

function markOf(at: BigInteger | null, as: string | null, reason: string | null): Mark | null {
  return at === null || reason === null ? null : { at: Number(at), over: as === 'over', reason };
}

function rowOf(condition: Condition): ConditionRow {
  const { told, logged, acknowledged, resolved } = condition;
  return {
    condition_key: conditionKey(condition),
    id: condition.id,
    kind: condition.kind,
    subject: condition.subject,
    about: JSON.stringify(condition.about),
    reason: condition.reason,
    message: condition.message,
    hint: condition.hint,
    first_seen_at: condition.firstSeenAt,
    last_seen_at: condition.lastSeenAt,
    failures: condition.failures,
    told_at: told?.at ?? null,
    told_as: told === null ? null : wordOf(told),
    told_reason: told?.reason ?? null,
    logged_at: logged?.at ?? null,
    logged_as: logged === null ? null : wordOf(logged),
    logged_reason: logged?.reason ?? null,
    acknowledged_until: acknowledged?.until ?? null,
    acknowledged_by: acknowledged?.by ?? null,
    acknowledged_because: acknowledged?.because ?? null,
    resolved_at: resolved?.at ?? null,
    resolution: resolved?.how ?? null,
  };
}

function wordOf({ over }: Mark): string {
  return over ? 'over' : 'wrong';
}
