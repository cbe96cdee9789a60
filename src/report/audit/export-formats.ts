// Rows of the log as other tools take them: a line for each. JSONL is the sealed form, which kms audit verify --file checks;
// the others are for tools that search and alert.
import { sealedLine, type SealedRow } from '../../store/own/chain/sealed-row.js';

export const LINE_FORMATS = ['jsonl', 'cef', 'ocsf'] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** Returns the line of a row, without a line feed. */
export function exportedLine(row: SealedRow, format: LineFormat): string {
  switch (format) {
    case 'jsonl':
      return sealedLine(row);
    case 'cef':
      return cefLine(row);
    case 'ocsf':
      return JSON.stringify(ocsfEvent(row));
  }
}

/** ArcSight Common Event Format, version 27 of its standard: header and extension fields, and how long each may be. */
function cefLine(row: SealedRow): string {
  const header = [
    ...['CEF:1', 'kms', 'kms-rotate'],
    cefHeader(row.version, 31),
    cefHeader(row.outcome, 1023),
    cefHeader(nameOf(row), 512),
    hasFailed(row) ? '6' : '3',
  ];
  const fields: readonly (readonly [
    key: string,
    value: string | number | null,
    longest: number,
  ])[] = [
    ['rt', Date.parse(row.at), 20],
    ['act', row.outcome, 63],
    ['outcome', hasFailed(row) ? 'failure' : 'success', 63],
    ['shost', row.host, 1023],
    ['suser', row.osUser, 1023],
    ['reason', row.reason, 1023],
    ['msg', row.message, 1023],
    ['externalId', row.chain, 40],
    ...labelled('cs1', 'uid', row.uid, 4000),
    ...labelled('cs2', 'replacementUid', row.replacementUid, 4000),
    ...labelled('cs3', 'run', row.runId, 4000),
    ...labelled('cs4', 'flow', row.flow, 4000),
    ...labelled('cs5', 'hash', row.hash, 4000),
    ...labelled('cs6', 'previous', row.previousHash, 4000),
    ...labelled('cn1', 'seq', row.seq, 20),
    ...labelled('cn2', 'durationMs', row.durationMs, 20),
  ];
  const extension = fields.flatMap(([key, value, longest]) =>
    value === null || value === '' ? [] : [`${key}=${cefValue(cut(String(value), longest))}`],
  );
  return `${header.join('|')}|${extension.join(' ')}`;
}

function labelled(
  key: string,
  ...[label, value, longest]: [string, string | number | null, number]
): readonly (readonly [string, string | number | null, number])[] {
  return value === null || value === ''
    ? []
    : [
        [key, value, longest],
        [`${key}Label`, label, 1023],
      ];
}

/** A header has no line ends; a pipe and a backslash get a backslash in front. */
function cefHeader(text: string, longest: number): string {
  return cut(text.replace(/[\r\n]+/g, ' '), longest).replace(/[\\|]/g, '\\$&');
}

/** In an extension a backslash and an equals sign get one in front, and line ends are written \n and \r. */
function cefValue(text: string): string {
  return text.replace(/[\\=]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** No character is cut in two. */
function cut(text: string, longest: number): string {
  return text.length <= longest ? text : text.slice(0, longest).replace(/[\ud800-\udbff]$/, '');
}

/** Open Cybersecurity Schema Framework 1.3: Entity Management (class 3004). */
function ocsfEvent(row: SealedRow): object {
  const activity = ACTIVITIES[row.outcome as keyof typeof ACTIVITIES] as number | undefined;
  const activityId = activity ?? OTHER_ACTIVITY;
  const failed = hasFailed(row);
  return {
    activity_id: activityId,
    ...(activityId === OTHER_ACTIVITY ? { activity_name: row.outcome } : {}),
    category_uid: 3,
    class_uid: 3004,
    type_uid: 300_400 + activityId,
    severity_id: failed ? 3 : 1,
    status_id: failed ? 2 : 1,
    time: Date.parse(row.at),
    duration: row.durationMs,
    ...(row.message === null ? {} : { message: row.message }),
    ...(row.reason === null ? {} : { status_code: row.reason }),
    actor: { user: { name: row.osUser } },
    src_endpoint: { hostname: row.host },
    entity: entityOf(row.uid),
    ...(row.replacementUid === null ? {} : { entity_result: entityOf(row.replacementUid) }),
    metadata: {
      version: '1.3.0',
      // Of the actor.
      profiles: ['host'],
      product: { name: 'kms-rotate', vendor_name: 'kms', version: row.version },
      uid: `${row.chain}:${row.seq}`,
      correlation_uid: row.runId,
    },
    unmapped: {
      ...{
        chain: row.chain,
        seq: row.seq,
        hash: row.hash,
        previous: row.previousHash,
        flow: row.flow,
      },
    },
  };
}

const OTHER_ACTIVITY = 99;

/** Update, where an object stays; Deactivate, where it goes out of use. */
const ACTIVITIES = {
  rotated: 3,
  completed: 3,
  mended: 3,
  policy: 3,
  extended: 3,
  repaired: 3,
  created: 1,
  retired: 11,
} as const;

function entityOf(uid: string): object {
  return uid === '' ? { name: 'store', type: 'store' } : { uid, type: 'managed object' };
}

function nameOf({ outcome, uid }: SealedRow): string {
  return uid === '' ? `kms ${outcome}` : `kms ${outcome} ${uid}`;
}

function hasFailed({ outcome }: SealedRow): boolean {
  return outcome === 'failed';
}
