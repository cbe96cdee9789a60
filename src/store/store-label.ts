// The label of a store: the one name by which alerts, metrics, events, mails, log lines and reports tell it from other
// stores. The setting store.name, else the database's name with the first digits of the random id that init stored.
import { KmsError } from '../errors.js';
import { sqlitePath, withConnection } from './connect/connect.js';
import type { Connection, ConnectOptions } from './connect/connection.js';
import { parseServerUrl } from './connect/url/server-url.js';
import { storeFileName } from './connect/url/sqlite-path.js';
import { STORE_TABLE } from './own/our-tables.js';

export interface StoreIdentity {
  /** As the database calls itself, whatever URL led to it. */
  readonly databaseName: string;
  /** Null before the first `kms init` of a version that stores one, and where we may not read it. */
  readonly id: string | null;
}

const ID_DIGITS = 8;
const LONGEST_NAME = 48;

/** Returns the label: letters, digits, dots, dashes and underscores, 64 at most. */
export function storeLabel(name: string | null, { databaseName, id }: StoreIdentity): string {
  if (name !== null) return name;
  const plain = databaseName.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const short = plain.slice(0, LONGEST_NAME) || 'kms';
  return id === null ? short : `${short}-${id.slice(0, ID_DIGITS)}`;
}

/** Returns the label by what a URL says, without a look at the store. @throws KmsError InvalidConfiguration */
export function unopenedStoreLabel(name: string | null, url: string): string {
  const path = sqlitePath(url);
  const databaseName = path === null ? parseServerUrl(url).address.database : storeFileName(path);
  return storeLabel(name, { databaseName, id: null });
}

/** Returns the label of a store that need not be open; one that cannot be reached has no digits of its id. */
export async function readStoreLabel(
  name: string | null,
  url: string,
  options: ConnectOptions,
): Promise<string> {
  if (name !== null) return name;
  try {
    return await withConnection(url, { ...options, mode: 'read' }, async (connection) =>
      storeLabel(null, await storeIdentity(connection)),
    );
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return unopenedStoreLabel(null, url);
  }
}

export async function storeIdentity({ knex, dialect }: Connection): Promise<StoreIdentity> {
  const databaseName = await dialect.databaseName(knex);
  const hasId = await knex.schema.hasTable(STORE_TABLE);
  const row = hasId ? await knex(STORE_TABLE).first<{ id: string } | undefined>('id') : undefined;
  return { databaseName, id: row?.id ?? null };
}
