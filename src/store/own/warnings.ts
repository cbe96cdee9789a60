// Deadline warnings that were issued (table kms_rotation_warnings). A unique key allows one for each object, kind,
// deadline and threshold; after a deadline has moved, a new warning is possible.
import type { WarningKind } from '../../rotation/warning.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { OUTBOX_TABLE, WARNINGS_TABLE, type OwnRow } from './our-tables.js';
import type { NotificationState } from './outbox-rows.js';
import { inChunks } from '../find/rows.js';

/** What identifies a warning. */
export interface WarningKey {
  readonly uid: string;
  readonly kind: WarningKind;
  readonly deadline: EpochSeconds;
  readonly thresholdDays: number;
}

export interface IssuedWarning extends WarningKey {
  /** The destinations it was for, and what became of the notification. */
  readonly sent: readonly { readonly destination: string; readonly state: NotificationState }[];
}

export function warningRow(
  { uid, kind, deadline, thresholdDays }: WarningKey,
  issued: { readonly eventId: string; readonly at: EpochSeconds },
): OwnRow {
  return {
    table: WARNINGS_TABLE,
    row: {
      uid,
      kind: STORED_KINDS[kind],
      deadline,
      threshold_days: thresholdDays,
      event_id: issued.eventId,
      given_at: issued.at,
    },
  };
}

/** Returns the warnings about these objects, whatever their deadline was; none without our tables. */
export async function issuedWarnings(
  { knex }: Connection,
  uids: readonly string[],
): Promise<readonly IssuedWarning[]> {
  if (uids.length === 0 || !(await knex.schema.hasTable(WARNINGS_TABLE))) return [];
  const rows = await inChunks(uids, (chunk) =>
    knex(WARNINGS_TABLE)
      .leftJoin(OUTBOX_TABLE, `${OUTBOX_TABLE}.event_id`, `${WARNINGS_TABLE}.event_id`)
      .whereIn(`${WARNINGS_TABLE}.uid`, chunk)
      .orderBy([`${WARNINGS_TABLE}.id`, `${OUTBOX_TABLE}.id`])
      .select<WarningRow[]>(
        ...['uid', 'kind', 'deadline', 'threshold_days'].map((name) => `${WARNINGS_TABLE}.${name}`),
        ...['event_id', 'destination', 'state'].map((name) => `${OUTBOX_TABLE}.${name}`),
      ),
  );
  const issued = new Map<string, IssuedWarning>();
  for (const row of rows) {
    const { uid, destination, state } = row;
    const kind = KINDS.find((name) => STORED_KINDS[name] === row.kind);
    // That of a later version.
    if (kind === undefined) continue;
    const key = {
      uid,
      kind,
      deadline: Number(row.deadline),
      thresholdDays: row.threshold_days,
    };
    const id = warningId(key);
    const sent = destination === null || state === null ? [] : [{ destination, state }];
    issued.set(id, { ...key, sent: [...(issued.get(id)?.sent ?? []), ...sent] });
  }
  return [...issued.values()];
}

/** The column holds 16 characters. */
const STORED_KINDS: Readonly<Record<WarningKind, string>> = {
  rotation: 'rotation',
  expiry: 'expiry',
  'overlap-end': 'overlap-end',
  'no-usable-generation': 'no-usable',
  'unrenewable-end': 'unrenewable-end',
  'usage-limit': 'usage-limit',
};
const KINDS = Object.keys(STORED_KINDS) as readonly WarningKind[];

/** Returns a text that two keys share only if they identify the same warning. */
export function warningId({ uid, kind, deadline, thresholdDays }: WarningKey): string {
  return JSON.stringify([uid, kind, deadline, thresholdDays]);
}

interface WarningRow {
  readonly uid: string;
  readonly kind: string;
  readonly deadline: number | string;
  readonly threshold_days: number;
  readonly destination: string | null;
  readonly state: NotificationState | null;
}
