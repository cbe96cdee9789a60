// What the stand-in for the server reads and writes: rows of the store by bare SQL, with the server's cache of objects,
// which is never compared with the store and whose copies are written back whole (storage format §1.7, §1.8).
import { kindOf } from '../sql.js';
import type { StoredRow } from '../store.js';
import { openDatabase, type Statement } from './database.js';

export interface CachedRow {
  readonly uid: string;
  readonly object: Record<string, ObjectBody>;
  readonly attributes: Attributes;
  readonly state: string;
  readonly owner: string;
}

export type Attributes = Readonly<Record<string, unknown>>;

interface ObjectBody {
  readonly KeyBlock?: KeyBlock;
}

export interface KeyBlock {
  readonly KeyFormatType: string;
  readonly KeyValue?: readonly number[] | { readonly Attributes?: Attributes };
  readonly CryptographicAlgorithm?: string;
  readonly CryptographicLength?: number;
  readonly KeyWrappingData?: {
    readonly WrappingMethod?: string;
    readonly EncodingOption?: string;
    readonly EncryptionKeyInformation?: {
      readonly UniqueIdentifier: string;
      readonly CryptographicParameters?: object;
    };
  };
}

export interface Rows {
  /** From the cache if it is there, else from the store. */
  read(uid: string): Promise<CachedRow | null>;
  /** The newest member of a keyset, or of one generation of it; always from the store. */
  member(owner: string, name: string, generation: number | null): Promise<string | null>;
  mayUse(row: CachedRow, user: string, permission: string): Promise<boolean>;
  /** Inserts rows and their tags, in one transaction. */
  create(rows: readonly (CachedRow & { readonly tag: string })[]): Promise<void>;
  /** Writes the whole of rows as they are given, in one transaction; `state` only if `withState`. */
  update(rows: readonly CachedRow[], withState: boolean): Promise<void>;
  /** As a restart does. */
  forget(): void;
  close(): Promise<void>;
}

const ROTATE_NAME = {
  sqlite: `json_extract(attributes, '$.RotateName')`,
  postgresql: `attributes->>'RotateName'`,
  mysql: `JSON_UNQUOTE(JSON_EXTRACT(attributes, '$.RotateName'))`,
} as const;

export async function openRows(url: string): Promise<Rows> {
  const database = await openDatabase(url);
  const cache = new Map<string, CachedRow>();
  const inTurn = turns();
  const query = (statement: string, ...values: readonly unknown[]) =>
    inTurn(() => database.query(statement, values));
  const inTransaction = (statements: readonly Statement[]) =>
    inTurn(() => database.transact(statements));
  return {
    read: async (uid) => {
      const known = cache.get(uid);
      if (known !== undefined) return known;
      const rows = (await query('SELECT * FROM objects WHERE id = ?', uid)) as StoredRow[];
      const found = rows.find(({ id }) => id === uid);
      if (found === undefined) return null;
      const row = cachedRow(found);
      cache.set(uid, row);
      return row;
    },
    member: async (owner, name, generation) => {
      const rows = (await query(
        `SELECT * FROM objects WHERE owner = ? AND ${ROTATE_NAME[kindOf(url)]} = ?`,
        owner,
        name,
      )) as readonly StoredRow[];
      const members = rows
        .map((row) => cachedRow(row))
        .filter((row) => generation === null || row.attributes['RotateGeneration'] === generation)
        .sort((one, other) => generationOf(one) - generationOf(other));
      return members.at(-1)?.uid ?? null;
    },
    mayUse: async (row, user, permission) => {
      if (row.owner === user) return true;
      const grants = (await query(
        'SELECT userid, permissions FROM read_access WHERE id = ?',
        row.uid,
      )) as readonly { userid: string; permissions: string }[];
      return grants
        .filter(({ userid }) => userid === user || userid === '*')
        .some(({ permissions }) => (JSON.parse(permissions) as string[]).includes(permission));
    },
    create: async (rows) => {
      await inTransaction(rows.flatMap(insertions));
      for (const row of rows) cache.set(row.uid, row);
    },
    update: async (rows, withState) => {
      await inTransaction(rows.flatMap((row) => updates(row, withState)));
      for (const row of rows) cache.set(row.uid, row);
    },
    forget: () => {
      cache.clear();
    },
    close: () => inTurn(() => database.close()),
  };
}

export function generationOf({ attributes }: CachedRow): number {
  return Number(attributes['RotateGeneration'] ?? 0);
}

export function keyBlockOf({ object }: CachedRow): KeyBlock | undefined {
  return Object.values(object)[0]?.KeyBlock;
}

export function wrappingUidOf(row: CachedRow): string | null {
  const information = keyBlockOf(row)?.KeyWrappingData?.EncryptionKeyInformation;
  return information?.UniqueIdentifier ?? null;
}

/** The server writes the members in order of the alphabet, its list of vendor attributes last. */
export function inServersOrder(attributes: Attributes): Attributes {
  const rank = (name: string) => (name === 'Attribute' ? `~` : name);
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .sort(([one], [other]) => (rank(one) < rank(other) ? -1 : 1)),
  );
}

function insertions(row: CachedRow & { readonly tag: string }): readonly Statement[] {
  return [
    {
      text: `INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id)
        VALUES (?, ?, ?, ?, ?, ?)`,
      values: [row.uid, ...textsOf(row), row.state, row.owner, wrappingUidOf(row)],
    },
    { text: 'INSERT INTO tags (id, tag) VALUES (?, ?)', values: [row.uid, row.tag] },
  ];
}

function updates(row: CachedRow, withState: boolean): readonly Statement[] {
  const whole = {
    text: 'UPDATE objects SET object = ?, attributes = ?, wrapping_key_id = ? WHERE id = ?',
    values: [...textsOf(row), wrappingUidOf(row), row.uid],
  };
  const state = {
    text: 'UPDATE objects SET state = ? WHERE id = ?',
    values: [row.state, row.uid],
  };
  return withState ? [whole, state] : [whole];
}

function textsOf({ object, attributes }: CachedRow): readonly string[] {
  return [JSON.stringify(object), JSON.stringify(attributes)];
}

function cachedRow(row: StoredRow): CachedRow {
  return {
    uid: row.id,
    object: JSON.parse(row.object) as Record<string, ObjectBody>,
    attributes: JSON.parse(row.attributes) as Attributes,
    state: row.state,
    owner: row.owner,
  };
}

/** Runs one piece of work at a time: there is one connection. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
