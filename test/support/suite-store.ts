// One store for all tests of a suite, emptied before each: making and dropping a database takes a server longer
// than most tests. No assertions here.
import type { Store } from '../../src/store/store.js';
import type { TestDatabase } from './databases.js';
import { withBare } from './sql.js';
import { newStorePath, openForWriting } from './store.js';

const TABLES = [
  ...['objects', 'tags', 'read_access', 'kms_rotation_log', 'kms_rotation_outbox'],
  ...['kms_rotation_warnings', 'kms_rotation_conditions', 'kms_rotation_runs'],
  ...['kms_rotation_options', 'kms_rotation_requests', 'kms_rotation_retiring'],
  'kms_rotation_chains',
];

/** Returns what gives the URL of the store. */
export function suiteStore(database: TestDatabase): () => string {
  let url = '';
  before(async function () {
    this.timeout(60_000);
    if ((await database.missing()) === null) url = await newStorePath(database);
  });
  beforeEach(() =>
    withBare(url, async (bare) => {
      for (const table of TABLES) await bare.query(`DELETE FROM ${table}`);
    }),
  );
  return () => url;
}

/** The same, and the store is open in each test. */
export function openSuiteStore(database: TestDatabase) {
  const storeUrl = suiteStore(database);
  let store: Store;
  beforeEach(async () => {
    store = await openForWriting(storeUrl());
  });
  afterEach(() => store.close());
  return () => ({ url: storeUrl(), store });
}
