// Keeps what no KMIP attribute holds of a policy (table kms_rotation_options): one row for each object that has such
// an option; a pair has them under the uid of its private key. rotation/policy-options.ts says what they are.
import type { Knex } from 'knex';
import { NO_OPTIONS, type PolicyOptions } from '../../rotation/policy-options.js';
import type { Connection } from '../connect/connection.js';
import { inChunks } from '../find/rows.js';
import { insertRows } from '../write/write-rows.js';
import { OPTIONS_TABLE } from './our-tables.js';

/** Returns the options of these objects; one without any is absent, and so are all without our tables. */
export async function policyOptions(
  { knex }: Pick<Connection, 'knex'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, PolicyOptions>> {
  if (uids.length === 0 || !(await knex.schema.hasTable(OPTIONS_TABLE))) return new Map();
  return readOptions(knex, uids);
}

/** Returns the longest `beforeEndSeconds` of any object; null if none has one. */
export async function longestBeforeEnd({ knex }: Pick<Connection, 'knex'>): Promise<number | null> {
  if (!(await knex.schema.hasTable(OPTIONS_TABLE))) return null;
  const row = await knex(OPTIONS_TABLE)
    .max<{ longest: number | string | null }>('before_end_seconds AS longest')
    .first();
  return secondsOf(row?.longest ?? null);
}

/** What an object is given, in place of what it has. */
export interface NewOptions {
  readonly uid: string;
  readonly options: PolicyOptions;
}

/** Gives objects these options and no others. Within a transaction. */
export async function writeOptions(
  { dialect }: Pick<Connection, 'dialect'>,
  transaction: Knex.Transaction,
  given: readonly NewOptions[],
): Promise<void> {
  if (given.length === 0) return;
  await removeOptions(
    transaction,
    given.map(({ uid }) => uid),
  );
  const rows = given
    .map(({ uid, options }) => ({
      uid,
      before_end_seconds: options.beforeEndSeconds,
      overlap_seconds: options.overlapSeconds,
    }))
    .filter((row) => row.before_end_seconds !== null || row.overlap_seconds !== null);
  await insertRows(transaction, dialect, OPTIONS_TABLE, rows);
}

/** Moves the options of replaced objects to their replacements. Within the transaction of the rotations. */
export async function moveOptions(
  connection: Pick<Connection, 'dialect'>,
  transaction: Knex.Transaction,
  replacements: readonly { readonly uid: string; readonly replacedUid: string }[],
): Promise<void> {
  const replacedUids = replacements.map(({ replacedUid }) => replacedUid);
  const found = await readOptions(transaction, replacedUids);
  if (found.size === 0) return;
  await writeOptions(connection, transaction, [
    ...replacements
      .filter(({ replacedUid }) => found.has(replacedUid))
      .map(({ uid, replacedUid }) => ({ uid, options: found.get(replacedUid) ?? NO_OPTIONS })),
    ...[...found.keys()].map((uid) => ({ uid, options: NO_OPTIONS })),
  ]);
}

interface OptionsRow {
  readonly uid: string;
  readonly before_end_seconds: number | string | null;
  readonly overlap_seconds: number | string | null;
}

async function readOptions(
  knex: Knex,
  uids: readonly string[],
): Promise<ReadonlyMap<string, PolicyOptions>> {
  const wanted = new Set(uids);
  const rows = await inChunks([...wanted], (chunk) =>
    knex(OPTIONS_TABLE).whereIn('uid', chunk).select<OptionsRow[]>(),
  );
  // A database that ignores case finds more than was asked for.
  return new Map(
    rows
      .filter(({ uid }) => wanted.has(uid))
      .map((row) => [
        row.uid,
        {
          beforeEndSeconds: secondsOf(row.before_end_seconds),
          overlapSeconds: secondsOf(row.overlap_seconds),
        },
      ]),
  );
}

/** Some drivers return 64-bit integers as text. */
function secondsOf(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}

async function removeOptions(
  transaction: Knex.Transaction,
  uids: readonly string[],
): Promise<void> {
  await inChunks(uids, async (chunk) => {
    await transaction(OPTIONS_TABLE).whereIn('uid', chunk).delete();
    return [];
  });
}
