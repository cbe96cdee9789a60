// What kms init leaves in the log: rows from before it had chains are sealed, and a row says what the init changed.
import { canonicalJson } from '../../kmip/canonical-json.js';
import type { Connection } from '../connect/connection.js';
import type { ChainHead } from '../own/chain/chain-details.js';
import { closeChains } from '../own/chain/close-chains.js';
import { newChainPool } from '../own/chain/chain-pool.js';
import { isLogSealed, sealEarlierRows } from '../own/chain/seal-earlier-rows.js';
import { insertOwnRows } from '../own/chain/seal-rows.js';
import { LOG_TABLE } from '../own/our-tables.js';
import { logRow, type LogEntry } from '../own/rotation-log.js';
import { writeOwnTables } from '../own/write-own-tables.js';
import type { StoreIdentity } from '../store-label.js';

/** Who runs kms init, and when. */
export type InitWriter = Pick<LogEntry, 'runId' | 'at' | 'host' | 'osUser' | 'version'>;

export interface InitChanges {
  readonly identity: StoreIdentity;
  readonly store: 'created' | 'adopted';
  readonly migrations: readonly string[];
  readonly indexes: readonly string[];
}

/** What an init leaves in the log. */
export interface InitRecord {
  /** How many rows, from before it had chains, were sealed now. */
  readonly sealedRows: number;
  /** The last rows of its chains. */
  readonly auditHeads: readonly ChainHead[];
}

export const NO_INIT_RECORD: InitRecord = { sealedRows: 0, auditHeads: [] };

export async function recordInit(
  initialised: Connection,
  { identity, store, migrations, indexes }: InitChanges,
  writer: InitWriter,
): Promise<InitRecord> {
  // A key can be brought in only after the earlier rows, which no key has sealed.
  const bare = { ...initialised, chains: newChainPool(identity.id) };
  const chains = newChainPool(identity.id, initialised.chains.keys());
  const connection = { ...initialised, chains };
  const row = rowBy(writer);
  const hasChanged = store === 'created' || migrations.length + indexes.length > 0;
  const wasSealed = await isLogSealed(connection.knex);
  const sealedRows = wasSealed ? 0 : await sealEarlierRows(bare, row);
  if (!hasChanged && wasSealed) return NO_INIT_RECORD;
  const details = canonicalJson({ indexes: [...indexes], migrations: [...migrations], store });
  await writeOwnTables(connection, (transaction) =>
    insertOwnRows(connection, transaction, [{ table: LOG_TABLE, row: { ...row, details } }]),
  );
  return { sealedRows, auditHeads: await closeChains(connection) };
}

function rowBy(writer: InitWriter) {
  const nothing = { replacementUid: null, flow: null, reason: null, message: null };
  return logRow({ ...writer, ...nothing, uid: '', durationMs: 0, outcome: 'initialised' }).row;
}
