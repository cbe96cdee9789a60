// Every command that help shows prints under --json a document of a published schema, on a store with something in it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shownCommands } from '../support/examples.js';
import { aChainedLog, TEST_KEY, writeLog } from '../support/chains.js';
import { runJson } from '../support/command.js';
import { runDue, runOne } from '../support/run.js';
import { schemaErrors } from '../support/schema.js';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const NOW = JANUARY + 31 * DAY;

const folder = temporaryFolder();
const policies = join(folder, 'policies.toml');
const config = join(folder, 'kms.toml');

/** What a command needs besides a store with a due key `k` and a pair `p`. */
const ARGV: Readonly<Record<string, readonly string[]>> = {
  'audit:change-key': ['--old-key-file', join(folder, 'audit.key')],
  'audit:export': ['--output', join(folder, 'log.jsonl')],
  'audit:verify': ['--file', '/dev/null'],
  'certificate:create': ['c', '--subject', 'CN=c'],
  completion: ['bash'],
  init: ['--yes'],
  'key:create': ['new'],
  'key:export': ['--public', 'p'],
  'key:lineage': ['k'],
  'key:show': ['k'],
  'key:tree': ['k'],
  'notify:test': ['--config', config],
  'policy:apply': [policies, '--dry-run'],
  'policy:clear': ['k', '--dry-run'],
  'policy:set': ['k', '--interval', '1y', '--dry-run'],
  'rotate:due': ['--dry-run'],
  'rotate:extend': ['replaced', '--end', 'now'],
  'rotate:key': ['k', '--dry-run'],
  'status:ack': ['bad', '--for', '1d', '--reason', 'known'],
  'status:forget': ['shard 1/3'],
  'status:show': ['bad'],
  'status:unack': ['bad'],
};

/** The stores of commands that need another one. */
const OTHER_STORES: Readonly<Record<string, () => Promise<string>>> = {
  'audit:change-key': async () => {
    const store = await newStorePath();
    await writeLog(store, aChainedLog([{ rows: 1, key: TEST_KEY }]));
    writeFileSync(join(folder, 'audit.key'), TEST_KEY);
    return store;
  },
  'schedule:kubernetes': () => Promise.resolve('postgres://kms@db/kms'),
};

/** Prints a JSON Schema, whether asked for JSON or not. */
const WITHOUT_DOCUMENT = 'config:schema';

interface CommandModule {
  readonly default: Parameters<typeof runJson>[0];
}

async function documentOf(id: string, store: string, argv: readonly string[]): Promise<unknown> {
  const path = `../../src/commands/${id.replaceAll(':', '/')}.js`;
  const { default: command } = (await import(path)) as CommandModule;
  return (await runJson(command, store, argv, NOW)).document;
}

describe('under --json', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    insertRows(store, [aSymmetricKey({ uid: 'k' })]);
    await documentOf('key:create', store, ['p', '--type', 'ec']);
    insertRows(
      store,
      [aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' })],
      ['bad'],
    );
    insertRows(store, [aSymmetricKey({ uid: 'replaced' })]);
    await runOne(store, 'replaced', NOW, { overlap: { asked: 10_000 * DAY, byDefault: 0 } });
    const shard = { index: 1, of: 3 };
    await runDue(store, JANUARY, { cadenceSeconds: 900, filters: { tags: [], shard } });
    await runDue(store, NOW, { filters: { tags: ['bad'] } });
    writeFileSync(policies, '[[rule]]\ninterval = "1y"\n');
    writeFileSync(config, '[hooks]\non_rotated = "/bin/true"\n');
  });

  for (const id of Object.keys(shownCommands())) {
    if (id === WITHOUT_DOCUMENT) continue;
    it(`kms ${id.replaceAll(':', ' ')} prints a document of its schema`, async () => {
      const url = OTHER_STORES[id] ?? (() => Promise.resolve(store));
      const document = await documentOf(id, await url(), ARGV[id] ?? []);
      const { schema } = document as { schema: string };
      const name = /^kms\.([a-z-]+)\/v1$/.exec(schema)?.[1] ?? '';
      assert.notEqual(name, 'error', JSON.stringify(document));
      assert.deepEqual(schemaErrors(name, document), []);
    });
  }
});
