// The way into dialects/: what differs between databases, as one record each (sqlite.ts, postgresql.ts, mysql.ts).
// Everything else in store/ is the same SQL for all of them. A new database is a new record beside these.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { OurIndex, Subset } from './our-indexes.js';
import type { Replica } from './replica.js';
import type { LockWait } from './schema-lock.js';
import type { SqlValue } from './sql.js';

export interface Dialect extends ObjectQueries, Transactions, Schema {
  readonly name: 'sqlite' | 'postgresql' | 'mysql';
}

/** How to read and write rows. Where it says `indexes`, those are the ones of ours that the database has. */
interface ObjectQueries {
  /** SQL of a JSON or text column as exactly the text that is stored. */
  text(column: string): string;
  /** The same text, which compares as loosely as uids do. */
  textComparedAsUid(column: string): string;
  /** SQL that is true if a column equals a text, case and accents included; the text is bound unless it is given. */
  equals(column: string, text?: string): string;
  /** Returns the same text for two uids that the database's collation takes for equal. */
  readonly collationKey: (uid: string) => string;
  /** SQL of a derived table with so many rows of bound texts. */
  valuesTable(columns: readonly string[], rows: number): string;
  /** SQL that writes the `new_…` columns of a derived table, `input`, to the objects that meet a condition. */
  updateObjects(input: string, condition: string): string;
  /** Runs a SELECT in the cheapest way that the driver has. */
  select<Row>(executor: Knex, sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs a statement that writes, in the cheapest way too; returns how many rows it wrote. */
  execute(transaction: Knex.Transaction, sql: string, values: readonly SqlValue[]): Promise<number>;
  /** Returns how many bytes of values one statement may carry; null where the limit is far above ours. */
  maxStatementBytes(knex: Knex): Promise<number | null>;
  /** The table `objects`, read by primary key: a scan would lock rows that nobody asked for. */
  readonly byPrimaryKey: string;
  /** The column by which a row of `objects` that an index led to is found with the fewest reads. */
  readonly rowAddress: string;
  /** SQL of the first so many distinct wrapping keys that meet a condition, in order, by the server's index. */
  distinctWrappingKeys(condition: string, limit: number): string;
  /** SQL of an object's Rotate Name, or NULL. */
  keysetName(indexes: ReadonlySet<OurIndex>): string;
  /** How to read objects by earliest deadline. */
  byDeadline(indexes: ReadonlySet<OurIndex>): ByInstant;
  /** How to read objects by the earlier of Deactivation Date and Protect Stop Date. */
  byEnd(indexes: ReadonlySet<OurIndex>): ByInstant;
  /** How to read the objects of a subset, whatever their state. */
  subset(name: Subset, indexes: ReadonlySet<OurIndex>): RowSubset;
}

/** How to read objects in the order of an instant that SQL computes, and of uids. */
export interface ByInstant {
  readonly table: string;
  /** SQL of the instant. */
  readonly earliest: string;
  /**
   * SQL that is true of rows after a place in the order of instant and uid, phrased so that the index is read from
   * there on. Binds the instant twice, then the uid.
   */
  readonly after: string;
}

interface RowSubset {
  readonly table: string;
  /** SQL that is true of these rows alone. */
  readonly condition: string;
}

interface Transactions {
  /** For transactions that write. */
  readonly transaction: Knex.TransactionConfig;
  /** For transactions in which several SELECTs see one state of the database. */
  readonly snapshot: Knex.TransactionConfig;
  /** Whether only one transaction may write at a time, so that single rows need no lock. */
  readonly singleWriter: boolean;
  /**
   * Prepares a new transaction for writing, by locks and limits that cannot be set later. With `startsWithWrite` its
   * first statement is known to write.
   */
  lockForWriting(transaction: Knex.Transaction, startsWithWrite?: boolean): Promise<void>;
  /**
   * Returns a text that is the same again only if nothing at all was written to the database in between, by this session
   * or another; null if the database has none.
   */
  changeMark(knex: Knex): Promise<string | null>;
  /** Says whether the server is a replica, and how far it lags; null of any other, and without a server. */
  replicaOf(knex: Knex): Promise<Replica | null>;
  /** Returns the seconds since 1970 by the database's own clock; null if it has the clock of this host. */
  now(knex: Knex): Promise<EpochSeconds | null>;
}

/** How to look at tables and indexes, and how to make and drop ours. */
interface Schema {
  /** Column types of the server's tables (storage format §1.2). */
  readonly types: { readonly object: string; readonly attributes: string; readonly json: string };
  /** Whether the server's `tags` and `read_access` have a PRIMARY KEY or a UNIQUE constraint. */
  readonly keyConstraint: 'UNIQUE' | 'PRIMARY KEY';
  /** Whether CREATE TABLE makes the table's indexes too, for databases that commit each statement. */
  readonly indexesInTable: boolean;
  tables(knex: Knex): Promise<readonly string[]>;
  /** Returns roughly how many rows `objects` has, without counting them. */
  estimatedObjects(knex: Knex): Promise<number>;
  /** Returns the database's own name, whatever URL led to it; of an SQLite file, its name without links and ending. */
  databaseName(knex: Knex): Promise<string>;
  /**
   * Returns why this session may not see all rows of a store as they are, the gravest reason first; looks at the tables
   * that are there.
   */
  unfitForReading(knex: Knex): Promise<readonly UnfitReason[]>;
  /** Returns why it must not be written to either. */
  unfitForWriting(knex: Knex): Promise<readonly UnfitReason[]>;
  /** Makes the settings that a database keeps, once it is known to be a store. */
  configure(knex: Knex): Promise<void>;
  /** Works on the schema while no other process does. @throws KmsError StoreBusy; StoreUnfit if the lock was lost. */
  withSchemaLock<T>(knex: Knex, wait: LockWait, work: (executor: Knex) => Promise<T>): Promise<T>;
  /**
   * Runs a change within `withSchemaLock`, again while others use its tables; where DDL is transactional it is rolled
   * back if it fails. @throws KmsError StoreBusy.
   */
  inSchemaTransaction<T>(
    executor: Knex,
    wait: LockWait,
    change: (executor: Knex) => Promise<T>,
  ): Promise<T>;
  /** Returns the names of our indexes that queries can use: those that are complete and of this version. */
  usableIndexes(knex: Knex): Promise<readonly string[]>;
  /** Adds these indexes unless they are there; called within `withSchemaLock`. @throws KmsError StoreBusy. */
  createIndexes(executor: Knex, wait: LockWait, build: IndexBuild): Promise<void>;
  /** Returns the names of our indexes and of what they are built on, incomplete ones too. */
  indexParts(knex: Knex): Promise<readonly string[]>;
  /** Drops these parts; called within `inSchemaTransaction`. */
  dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void>;
}

export interface IndexBuild {
  readonly indexes: readonly OurIndex[];
  /** Called before each index is made. */
  readonly begin: (index: OurIndex) => void;
}

/** Why a store must not be used, or not be written to. */
export interface UnfitReason {
  readonly what: string;
  readonly hint: string;
}
