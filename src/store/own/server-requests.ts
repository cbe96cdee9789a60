// Requests to a server that are not complete (table kms_rotation_requests), one for each key. Each write names the run that
// the request belongs to: one that was taken over by another run is no longer this one's. rotation/server/ says what a
// request is.
import type { Knex } from 'knex';
import { textDigest } from '../../crypto/text-digest.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { ServerIntent, ServerRequest } from '../../rotation/server/server-request.js';
import type { Connection } from '../connect/connection.js';
import { inChunks } from '../find/rows.js';
import { REQUESTS_TABLE } from './our-tables.js';

/** Returns the requests that are not complete, the oldest first; none without our tables. */
export async function openRequests({ knex }: Connection): Promise<readonly ServerRequest[]> {
  if (!(await knex.schema.hasTable(REQUESTS_TABLE))) return [];
  const rows = await knex(REQUESTS_TABLE)
    .orderBy(['begun_at', 'request_key'])
    .select<RequestRow[]>();
  return rows.map(requestOf);
}

/**
 * Adds requests, and returns the uids of those that were not there, by this run either: it may have taken one over. Within a
 * transaction.
 */
export async function beginRequests(
  transaction: Knex.Transaction,
  requests: readonly ServerRequest[],
): Promise<ReadonlySet<string>> {
  const rows = requests.map(rowOf);
  const present = async () => {
    const found = await inChunks(
      rows.map(({ request_key }) => request_key),
      (chunk) =>
        transaction(REQUESTS_TABLE)
          .whereIn('request_key', chunk)
          .select<Pick<RequestRow, 'request_key' | 'run_id'>[]>('request_key', 'run_id'),
    );
    return new Map(found.map((row) => [row.request_key, row.run_id]));
  };
  const before = await present();
  const added = rows.filter((row) => !before.has(row.request_key));
  for (const row of added) {
    await transaction(REQUESTS_TABLE).insert(row).onConflict('request_key').ignore();
  }
  // Another run may have added it meanwhile.
  const after = await present();
  return new Set(
    added.filter((row) => after.get(row.request_key) === row.run_id).map(({ uid }) => uid),
  );
}

/** What becomes of a request; what is absent stays as it is. */
export interface RequestChange extends Partial<Pick<ServerRequest, 'step' | 'made'>> {
  readonly uid: string;
}

/** Changes requests of a run, and returns the uids of those that are still its own. Within a transaction. */
export async function changeRequests(
  transaction: Knex.Transaction,
  runId: string,
  changes: readonly RequestChange[],
  now: EpochSeconds,
): Promise<ReadonlySet<string>> {
  const own = new Set<string>();
  for (const { uid, step, made } of changes) {
    const changed = await transaction(REQUESTS_TABLE)
      .where({ request_key: keyOf(uid), run_id: runId })
      .update({
        touched_at: now,
        ...(step === undefined ? {} : { step }),
        ...(made === undefined
          ? {}
          : {
              replacement_uid: made?.uid ?? null,
              public_replacement_uid: made?.publicUid ?? null,
            }),
      });
    if (changed > 0) own.add(uid);
  }
  return own;
}

/** Gives requests of other runs to this one, and returns the uids of those that nobody touched since they were read. */
export async function takeOverRequests(
  transaction: Knex.Transaction,
  requests: readonly ServerRequest[],
  runId: string,
  now: EpochSeconds,
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const { uid, runId: before, touchedAt } of requests) {
    const changed = await transaction(REQUESTS_TABLE)
      .where({ request_key: keyOf(uid), run_id: before, touched_at: touchedAt })
      .update({ run_id: runId, touched_at: now });
    if (changed > 0) taken.add(uid);
  }
  return taken;
}

/** Ends requests of a run, and returns how many were still its own. Within a transaction. */
export async function endRequests(
  transaction: Knex.Transaction,
  runId: string,
  uids: readonly string[],
): Promise<number> {
  let ended = 0;
  for (const uid of uids) {
    ended += await transaction(REQUESTS_TABLE)
      .where({ request_key: keyOf(uid), run_id: runId })
      .delete();
  }
  return ended;
}

/** Databases compare uids without case, and have no index on long ones: the digest is exact. */
function keyOf(uid: string): string {
  return textDigest(uid);
}

/** Some drivers return 64-bit integers as text. */
type BigInteger = number | string;

interface RequestRow {
  readonly request_key: string;
  readonly uid: string;
  readonly public_uid: string | null;
  readonly operation: ServerRequest['operation'];
  readonly intent: string;
  readonly step: ServerRequest['step'];
  readonly replacement_uid: string | null;
  readonly public_replacement_uid: string | null;
  readonly run_id: string;
  readonly begun_at: BigInteger;
  readonly touched_at: BigInteger;
}

function requestOf(row: RequestRow): ServerRequest {
  return {
    uid: row.uid,
    publicUid: row.public_uid,
    operation: row.operation,
    // We wrote the text ourselves, so it parses.
    intent: JSON.parse(row.intent) as ServerIntent,
    step: row.step,
    made:
      row.replacement_uid === null
        ? null
        : { uid: row.replacement_uid, publicUid: row.public_replacement_uid },
    runId: row.run_id,
    begunAt: Number(row.begun_at),
    touchedAt: Number(row.touched_at),
  };
}

function rowOf(request: ServerRequest) {
  return {
    request_key: keyOf(request.uid),
    uid: request.uid,
    public_uid: request.publicUid,
    operation: request.operation,
    intent: JSON.stringify(request.intent),
    step: request.step,
    replacement_uid: request.made?.uid ?? null,
    public_replacement_uid: request.made?.publicUid ?? null,
    run_id: request.runId,
    begun_at: request.begunAt,
    touched_at: request.touchedAt,
  };
}
