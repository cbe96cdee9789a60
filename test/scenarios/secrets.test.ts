// No key material and no password in anything that is printed or logged, whatever goes wrong (design §12).
// Keys hold a pattern that is easy to find in any form; material made by kms itself is looked for too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import DueList from '../../src/commands/due/list.js';
import Init from '../../src/commands/init.js';
import KeyCreate from '../../src/commands/key/create.js';
import KeyLineage from '../../src/commands/key/lineage.js';
import KeyList from '../../src/commands/key/list.js';
import KeyShow from '../../src/commands/key/show.js';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runApartOn, runOn } from '../support/binary.js';
import { runCommand } from '../support/command.js';
import { aScript } from '../support/hooks.js';
import { formsOf, materialsOf } from '../support/material.js';
import { startCollector } from '../support/otlp.js';
import { randomBytesDuring } from '../support/random-bytes.js';
import { insertRows, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const NOW = JANUARY + 31 * DAY;
const PATTERN = Buffer.from('a55a'.repeat(16), 'hex');
const DECIMAL = [...PATTERN].join(',');
const HEX = PATTERN.toString('hex');
const BASE64 = PATTERN.toString('base64');

/** Rows that no decoder takes, each with the pattern where a careless message would quote it. */
const MALFORMED = {
  cut: { object: `{"SymmetricKey":{"KeyBlock":{"KeyValue":{"KeyMaterial":{"Key":[${DECIMAL}` },
  text: { object: `"${HEX}"` },
  'no-json': { object: HEX },
  'no-map': { object: `{"SymmetricKey":"${BASE64}"}` },
  'no-type': { object: `{"${HEX}":{}}` },
  'no-block': { object: `{"SymmetricKey":{"KeyBlock":[${DECIMAL}]}}` },
  'no-bytes': {
    object: `{"SymmetricKey":{"KeyBlock":{"KeyFormatType":"Raw","KeyValue":{"KeyMaterial":"${BASE64}"}}}}`,
  },
  twice: { object: `{"SymmetricKey":[${DECIMAL}],"SymmetricKey":[${DECIMAL}]}` },
  'bad-attributes': { attributes: `{"RotateInterval":[${DECIMAL}` },
  'bad-interval': { attributes: `{"RotateInterval":"${HEX}","ObjectType":"SymmetricKey"}` },
} as const;

function withPattern(uid: string): ReturnType<typeof aSymmetricKey> {
  const row = aSymmetricKey({ uid, tags: ['t'] });
  const object = row.object.replace(/"Key":\[[\d,]+\]/, `"Key":[${DECIMAL}]`);
  assert.ok(object.includes(DECIMAL));
  return { ...row, object };
}

async function storeOfSecrets(): Promise<string> {
  const store = await storeWith(['plain', 'other', 'kek'].map(withPattern));
  insertRows(store, [{ ...withPattern('dek'), wrappingKeyId: 'kek' }]);
  insertRows(
    store,
    Object.entries(MALFORMED).map(([uid, row]) => ({ ...withPattern(uid), ...row })),
  );
  return store;
}

/** Looks for the pattern, and for the material of every row of the store, in a text. */
function assertNoSecret(store: string, text: string): void {
  const compact = text.replace(/\s+/g, '').toLowerCase();
  for (const form of [PATTERN, ...materialsOf(store)].flatMap(formsOf)) {
    assert.ok(!compact.includes(form.toLowerCase()), `${form} in: ${text.slice(0, 2000)}`);
  }
}

async function everyCommand(store: string): Promise<void> {
  const uids = ['plain', 'dek', 'kek', 'nothing', ...Object.keys(MALFORMED)];
  const lines: readonly (readonly [Parameters<typeof runCommand>[0], readonly string[]])[] = [
    [DueList, []],
    [DueList, ['--explain']],
    [DueList, ['--check']],
    [KeyList, []],
    ...uids.flatMap((uid) => [[KeyShow, [uid]] as const, [KeyLineage, [uid]] as const]),
    [KeyCreate, ['new']],
    [KeyCreate, ['new']],
    [RotateDue, ['--dry-run']],
    ...uids.map((uid) => [RotateKey, [uid]] as const),
    [RotateDue, []],
    [KeyList, []],
    [Init, ['--yes']],
    [Init, []],
  ];
  for (const [command, argv] of lines) {
    for (const form of [[], ['--json']]) {
      const { stdout, stderr } = await runCommand(command, store, [...argv, ...form], NOW);
      assertNoSecret(store, stdout + stderr);
    }
  }
}

function assertNoSecretInLog(store: string): void {
  const log = sql(store, `SELECT * FROM kms_rotation_log WHERE uid <> ''`);
  assert.ok(log.length > 0);
  assertNoSecret(store, JSON.stringify(log));
}

describe('secrets', () => {
  it('are recognised in each form by this very test', () => {
    const forms = [DECIMAL, [...PATTERN].join(', '), HEX, HEX.toUpperCase(), BASE64];
    for (const form of [...forms, PATTERN.toString('latin1'), PATTERN.toString('utf8')]) {
      assert.throws(() => {
        assertNoSecret('', `… ${form} …`);
      });
    }
  });

  it('are in no output of any command, and not in the rotation log', async () => {
    const store = await storeOfSecrets();
    await everyCommand(store);
    assertNoSecretInLog(store);
  }).timeout(60_000);

  it('are wiped once they are written, or need not be', async () => {
    for (const form of [[], ['--dry-run']]) {
      const store = await storeOfSecrets();
      const given = await randomBytesDuring(() => runCommand(RotateDue, store, form, NOW));
      assert.ok(given.some(({ length }) => length === PATTERN.length));
      for (const bytes of given) assert.deepEqual(bytes, Buffer.alloc(bytes.length));
    }
  });

  it('are in no output when the database refuses a write', async () => {
    for (const event of ['INSERT', 'UPDATE']) {
      const store = await storeOfSecrets();
      const action = `BEGIN SELECT RAISE(ABORT, 'refused'); END`;
      sql(store, `CREATE TRIGGER refusal BEFORE ${event} ON objects ${action}`);
      for (const form of [[], ['--json']]) {
        const { exitCode, stdout, stderr } = await runCommand(RotateDue, store, form, NOW);
        assert.equal(exitCode, 4);
        assertNoSecret(store, stdout + stderr);
      }
    }
  });

  it('are in no output when the columns of the log are gone', async () => {
    const store = await storeOfSecrets();
    sql(store, 'ALTER TABLE kms_rotation_log DROP COLUMN message');
    const { exitCode, stdout, stderr } = await runCommand(RotateDue, store, ['--json'], NOW);
    assert.notEqual(exitCode, 0);
    assertNoSecret(store, stdout + stderr);
  });

  it('are in no output when the database is locked', async () => {
    const store = await storeOfSecrets();
    const holder = new Database(store);
    holder.exec('BEGIN EXCLUSIVE');
    try {
      const runs = [
        ['rotate', 'due'],
        ['rotate', 'due', '--json'],
        ['key', 'create', 'new'],
        ['rotate', 'key', 'plain', '--json'],
      ].map((argv) => runApartOn(store, argv));
      for (const { code, stdout, stderr } of await Promise.all(runs)) {
        assert.equal(code, 3);
        assertNoSecret('', stdout + stderr);
      }
    } finally {
      holder.exec('ROLLBACK');
      holder.close();
    }
  });

  it('are in no output when somebody asks every library to say what it does', async () => {
    const store = await storeOfSecrets();
    const { code, stdout, stderr } = await runOn(store, ['rotate', 'due'], { env: { DEBUG: '*' } });
    assert.equal(code, 4);
    assertNoSecret(store, stdout + stderr);
  });

  it('are in nothing that a log, a textfile, a collector or a hook gets', async () => {
    const store = await storeOfSecrets();
    const folder = temporaryFolder();
    const [metrics, told] = [join(folder, 'kms.prom'), join(folder, 'told')];
    const collector = await startCollector();
    const hook = aScript(`{ env; cat; } >> '${told}'`);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      KMS_HOOKS_ON_ROTATED: hook,
      KMS_HOOKS_ON_FAILED: hook,
      KMS_HOOKS_ON_FINISHED: hook,
    };
    const log = ['--log-format', 'json', '--log-level', 'info', '--metrics-file', metrics];
    const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', ...log], { env });
    await collector.close();
    assert.equal(code, 4);
    assert.equal(collector.requests.length, 2);
    const sent = JSON.stringify(collector.requests.map(({ json }) => json));
    const files = [metrics, told].map((file) => readFileSync(file, 'utf8'));
    for (const text of [stdout, stderr, sent, ...files]) {
      assert.ok(text.includes('plain'));
      assertNoSecret(store, text);
    }
  }).timeout(60_000);

  it('a password in a database URL is in no output either', async () => {
    // Nobody listens there.
    const url = `postgres://kms:${HEX}@127.0.0.1:1/kms`;
    for (const argv of [
      ['due', 'list'],
      ['rotate', 'due'],
      ['init'],
      ['init', '--yes'],
      ['key', 'create', 'k'],
    ]) {
      for (const form of [[], ['--json']]) {
        const { code, stdout, stderr } = await runOn(url, [...argv, ...form]);
        assert.equal(code, argv.join(' ') === 'init' ? 2 : 3);
        assert.ok(!(stdout + stderr).includes(HEX), `${argv.join(' ')}: ${stdout}${stderr}`);
      }
    }
  });
});
