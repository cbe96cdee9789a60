// What rows of the log say in `details` of the objects that are written with them, so that no writer of rows can forget it: a
// digest of each row of `objects` before and after, and the names of what changed. kms-databases(7) has the form.
import { createHash, type Hash } from 'node:crypto';
import type { Change, RowReplacement } from '../../flows/change.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import { changedNames, rowDigest } from './row-changes.js';
import { LOG_TABLE, type OwnRow } from '../own/our-tables.js';

/** The details of rows of the log. */
export type LogDetails = ReadonlyMap<OwnRow['row'], string>;

interface WrittenUnit {
  readonly changes: readonly Change[];
  readonly ownRows: readonly OwnRow[];
  readonly dependants: RewrappedDependants;
  /** Objects of a server that were given another owner. */
  readonly givenUids: readonly string[];
}

/**
 * Returns the details of the rows of a unit: each object in the row that names it, or else in the first one.
 *
 * @throws TypeError if objects change and no row of the log says so.
 */
export function logDetails({ changes, ownRows, dependants, givenUids }: WrittenUnit): LogDetails {
  const objects = [
    ...changes.map(objectOf),
    ...dependants.objects(),
    ...givenUids.map((uid) => ({ uid, text: textOf(uid, { changed: OWNER }) })),
  ];
  const summary = dependants.summary();
  if (objects.length === 0 && summary === null) return NO_DETAILS;
  const rows = ownRows.filter(({ table }) => table === LOG_TABLE).map(({ row }) => row);
  const [first, ...others] = rows;
  if (first === undefined) throw new TypeError('objects are written without a row of the log');
  const texts = new Map<OwnRow['row'], string[]>();
  for (const { uid, text } of objects) {
    const row = others.length === 0 ? first : (rows.find((one) => names(one, uid)) ?? first);
    const list = texts.get(row);
    if (list === undefined) texts.set(row, [text]);
    else list.push(text);
  }
  if (summary !== null && !texts.has(first)) texts.set(first, []);
  return new Map(
    [...texts].map(([row, list]) => {
      const many = row === first && summary !== null ? `"dependants":${summary},` : '';
      return [row, `{${many}"objects":[${list.join(',')}]}`];
    }),
  );
}

/** Returns the details of a row about new objects that replace nothing. */
export function createdDetails(rows: readonly ObjectRow[], { row }: OwnRow): LogDetails {
  return new Map([[row, `{"objects":[${rows.map((one) => createdObject(one).text).join(',')}]}`]]);
}

const NO_DETAILS: LogDetails = new Map();
const OWNER = ['Owner'];

/** What the log says of an object, as canonical JSON. */
interface LoggedObject {
  readonly uid: string;
  readonly text: string;
}

function names(row: OwnRow['row'], uid: string): boolean {
  return row['uid'] === uid || row['replacement_uid'] === uid;
}

function objectOf(change: Change): LoggedObject {
  return change.kind === 'create' ? createdObject(change.row) : replacedObject(change);
}

function createdObject(row: ObjectRow): LoggedObject {
  return { uid: row.id, text: textOf(row.id, { after: row }) };
}

function replacedObject({ before, after }: RowReplacement): LoggedObject {
  const changed = changedNames(before, after);
  return { uid: before.id, text: textOf(before.id, { before, after, changed }) };
}

/** The members stand in the order of RFC 8785, whose escapes are those of JSON.stringify. */
function textOf(
  uid: string,
  {
    before = null,
    after = null,
    changed = [],
  }: {
    readonly before?: ObjectRow | null;
    readonly after?: ObjectRow | null;
    readonly changed?: readonly string[];
  },
): string {
  return `{"after":${digestOf(after)},"before":${digestOf(before)},"changed":${JSON.stringify(changed)},"uid":${JSON.stringify(uid)}}`;
}

function digestOf(row: ObjectRow | null): string {
  return row === null ? 'null' : `"${rowDigest(row)}"`;
}

/** The dependants that a transaction re-wraps, of which there may be more than a row of the log can hold. */
export interface RewrappedDependants {
  readonly add: (pairs: readonly RowReplacement[]) => void;
  /** Each of them, if they are few. */
  readonly objects: () => readonly LoggedObject[];
  /** How many they are, and one digest over all, if they are many. */
  readonly summary: () => string | null;
}

/** More dependants than this are told by their number and one digest. */
export const MOST_LISTED = 64;

/** The digest is SHA-256 over what the log would say of each, with a line feed after it. */
export function rewrappedDependants(): RewrappedDependants {
  let count = 0;
  let listed: LoggedObject[] = [];
  let digest: Hash | null = null;
  return {
    add: (pairs) => {
      const objects = pairs.map(replacedObject);
      count += objects.length;
      digest ??= createHash('sha256');
      for (const { text } of objects) digest.update(`${text}\n`);
      listed = count > MOST_LISTED ? [] : [...listed, ...objects];
    },
    objects: () => listed,
    summary: () =>
      digest === null || count <= MOST_LISTED
        ? null
        : `{"count":${count},"sha256":"${digest.copy().digest('hex')}"}`,
  };
}
