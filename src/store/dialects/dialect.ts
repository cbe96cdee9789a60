// What differs between databases, as one record each (sqlite.ts, postgresql.ts, mysql.ts). Everything
// else in store/ is the same SQL for all of them.
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';

/** What a column holds, or is bound. */
export type SqlValue = string | number | null;

export interface Dialect {
  readonly name: 'sqlite' | 'postgresql' | 'mysql';
  /** Column types of the server's tables (storage format §1.2). */
  readonly types: { readonly object: string; readonly attributes: string; readonly json: string };
  /** Whether the server's `tags` and `read_access` have a PRIMARY KEY there, or a UNIQUE constraint. */
  readonly keyConstraint: 'UNIQUE' | 'PRIMARY KEY';
  /** Whether CREATE TABLE may make the table's indexes too, which matters where each statement commits. */
  readonly indexesInTable: boolean;
  readonly transaction: Knex.TransactionConfig;
  /** A transaction in which several SELECTs see one state of the database. */
  readonly snapshot: Knex.TransactionConfig;
  /** A JSON or text column as the very text that the database gives for it. */
  text(column: string): string;
  /** SQL that is true if a column is exactly a text (unless told otherwise, the bound one), case and accents included. */
  equals(column: string, text?: string): string;
  /** Returns a uid so that two which the database takes for one are the same. */
  readonly collationKey: (uid: string) => string;
  /** SQL of a derived table of so many rows of bound texts. */
  valuesTable(columns: readonly string[], rows: number): string;
  /** SQL that writes the `new_…` columns of a derived table over the objects that match it. */
  updateObjects(input: string, condition: string): string;
  /** Runs a SELECT in the way that costs least beside the database's own work. */
  select<Row>(executor: Knex, sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs a statement that writes, in that way; returns how many rows it wrote. */
  execute(transaction: Knex.Transaction, sql: string, values: readonly SqlValue[]): Promise<number>;
  /** Whether whoever writes has the database to itself, so that single rows need no lock. */
  readonly singleWriter: boolean;
  /** The table as it is to be read by uid alone: a scan would lock rows that nobody asked for. */
  readonly byPrimaryKey: string;
  /**
   * SQL of the first so many distinct wrapping keys that meet a condition, in order, each found by a step
   * of its own into the server's index.
   */
  distinctWrappingKeys(condition: string, limit: number): string;
  /** SQL of an object's Rotate Name, or NULL; with the index or without. */
  keysetName(indexed: boolean): string;
  /** How to read by earliest deadline, with the index or without. */
  byDeadline(indexed: boolean): ByDeadline;
  /** How to read Active certificates alone, with the index or without. */
  activeCertificates(indexed: boolean): RowSubset;
  /**
   * The same of wrapped objects whose bytes do not name, or not only, the wrapping key that their column names.
   */
  wrappingKeyMismatches(indexed: boolean): RowSubset;
  /** The same of private keys, not replaced, whose public key is not called as a server calls it. */
  foreignPublicKeyLinks(indexed: boolean): RowSubset;
  /**
   * Readies a transaction for writing at its start: locks and limits that it would come too late for. Where
   * `writesFirst`, its first statement is known to write.
   */
  lockForWriting(transaction: Knex.Transaction, startsWithWrite?: boolean): Promise<void>;
  /** Makes the settings that a database keeps, once it is known to be a store. */
  configure(knex: Knex): Promise<void>;
  tables(knex: Knex): Promise<readonly string[]>;
  /** Returns what makes it unfit to be written to, the gravest first; asks of the tables that are there. */
  unfitReasons(knex: Knex): Promise<readonly UnfitReason[]>;
  /** Returns how many bytes of values one statement may carry; null where that is no limit to reckon with. */
  maxStatementBytes(knex: Knex): Promise<number | null>;
  /** Returns the seconds since 1970 by the database's own clock; null if that is this host's. */
  now(knex: Knex): Promise<EpochSeconds | null>;
  indexExists(knex: Knex, name: string): Promise<boolean>;
  /** Works on the schema while no other process does. */
  withSchemaLock<T>(knex: Knex, work: (executor: Knex) => Promise<T>): Promise<T>;
  /** Runs a change within `exclusively`, undone if it fails, where the database can undo it. */
  inSchemaTransaction<T>(executor: Knex, change: (executor: Knex) => Promise<T>): Promise<T>;
  /** Adds our indexes unless they are there; called within `exclusively` alone. */
  createIndexes(executor: Knex): Promise<void>;
  /** Returns the names of our indexes and of what they stand on, of half-made ones too. */
  indexParts(knex: Knex): Promise<readonly string[]>;
  /** Drops these parts; called within `undoably`. */
  dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void>;
}

interface ByDeadline {
  readonly table: string;
  /** SQL of that deadline. */
  readonly earliest: string;
  /**
   * SQL that is true of what comes after a place in the order of deadline and uid, in words for which the index
   * begins to read there; binds the deadline twice, then the uid.
   */
  readonly after: string;
}

interface RowSubset {
  readonly table: string;
  /** SQL that is true of these rows alone. */
  readonly condition: string;
}

/** Why a store is not fit to be written to. */
export interface UnfitReason {
  readonly what: string;
  readonly hint: string;
}

export const DUE_INDEX = 'kms_rotation_due';
export const KEYSET_INDEX = 'kms_rotation_keyset';
export const CERTIFICATE_INDEX = 'kms_rotation_certificates';
export const MISLABELLED_INDEX = 'kms_rotation_mislabelled';
export const FOREIGN_LINK_INDEX = 'kms_rotation_foreign_links';
export const OUR_INDEXES: readonly string[] = [
  DUE_INDEX,
  KEYSET_INDEX,
  CERTIFICATE_INDEX,
  MISLABELLED_INDEX,
  FOREIGN_LINK_INDEX,
];

/** How long an init waits for another one. */
export const INIT_LOCK_SECONDS = 60;

export function otherInitRunning(): KmsError {
  return new KmsError('StoreBusy', 'another kms init is at work on this store', {
    hint: 'try again when it has finished',
  });
}

/** The places of bound values in a list. */
export function placeholders(items: readonly unknown[]): string {
  return Array<string>(items.length).fill('?').join(', ');
}

/** VALUES as a table, where its columns are named column1, column2 and so on. */
export function valuesAsTable(columns: readonly string[], rows: number): string {
  const names = columns.map((column, index) => `column${index + 1} AS ${column}`).join(', ');
  const row = `(${placeholders(columns)})`;
  return `(SELECT ${names} FROM (VALUES ${Array<string>(rows).fill(row).join(', ')}) AS listed)`;
}

/**
 * SQL of `mislabelled`, from how a database finds a text in the column `object`, and in it the uid that
 * `wrapping_key_id` holds.
 */
export function wrappingKeyMismatchSql(
  contains: (text: string) => string,
  namesColumn: string,
): string {
  const doubtful = [
    'wrapping_key_id IS NULL',
    `NOT ${namesColumn}`,
    // A key for MACs is named beside the wrapping key, and may be another one.
    contains('"MacSignatureKeyInformation"'),
  ];
  return `${contains('"KeyWrappingData"')} AND (${doubtful.join(' OR ')})`;
}

/**
 * SQL of `foreignPublicKeyLinks`, from how a database finds a text in `attributes`, and in it the link to `id`
 * with `_pk` behind it. What few rows have comes first: whoever writes a row pays for it.
 */
export function foreignLinkSql(contains: (text: string) => string, linksToOwn: string): string {
  return [
    contains('"PublicKeyLink"'),
    contains('"ObjectType":"PrivateKey"'),
    `NOT ${linksToOwn}`,
    `NOT ${contains('"ReplacementObjectLink"')}`,
  ].join(' AND ');
}

/** By a comparison of rows, which SQLite and PostgreSQL look up as they do a value. */
export function afterByRowComparison(earliest: string): string {
  return `(${earliest} >= ? AND (${earliest}, objects.id) > (?, ?))`;
}

/** Steps from one value of the index to the next: a DISTINCT would read every entry. */
export function looseIndexScan(condition: string, limit: number): string {
  return `WITH RECURSIVE stepped (uid, place) AS (
    SELECT min(wrapping_key_id), 1 FROM objects WHERE ${condition}
    UNION ALL
    SELECT (SELECT min(wrapping_key_id) FROM objects WHERE wrapping_key_id > stepped.uid), place + 1
      FROM stepped WHERE uid IS NOT NULL AND place < ${limit}
  ) SELECT uid FROM stepped WHERE uid IS NOT NULL ORDER BY place`;
}
