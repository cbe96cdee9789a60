// `kms key tree UID`: what hangs on a wrapping key, and whether it may be destroyed; `key create --wrap-with`
// and `rotate key --dry-run`, by which trees grow and move.
import assert from 'node:assert/strict';
import KeyCreate from '../../../src/commands/key/create.js';
import KeyTree from '../../../src/commands/key/tree.js';
import RotateKey from '../../../src/commands/rotate/key.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid, type TreeDocument } from '../../support/documents.js';
import { describeOnSqlite } from '../../support/databases.js';
import { sql } from '../../support/sql.js';
import { DAY, JANUARY, newStorePath, rowsOf, withStore } from '../../support/store.js';
import { unwrapStore } from '../../support/wrapping/unwrap-store.js';
import { created } from '../../support/log-entries.js';

const LATER = JANUARY + DAY;

type Names = readonly [uid: string, below: readonly Names[]];

const namesIn = ({ uid, dependants }: TreeDocument): Names => [uid, dependants.map(namesIn)];

describeOnSqlite('kms key tree', (database) => {
  let store: string;
  const create = (...argv: readonly string[]) => runCommand(KeyCreate, store, argv);
  const tree = async (uid: string) =>
    valid('tree', (await runJson(KeyTree, store, [uid], LATER)).document);
  const check = async (uid: string) =>
    (await runCommand(KeyTree, store, [uid, '--check'], LATER)).exitCode;

  beforeEach(async () => {
    store = await newStorePath(database);
    await create('kek', '--keyset');
    await create('kek-below', '--wrap-with', 'kek');
    await create('dek', '--wrap-with', 'kek-below', '--owner', 'bob@example.org');
    await create('other', '--wrap-with', 'kek');
  });

  it('draws objects below what wraps them, of every owner, to any depth', async () => {
    const { stdout } = await runCommand(KeyTree, store, ['kek'], LATER);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'kek  SymmetricKey, Active, admin',
      '├── kek-below  SymmetricKey, Active, AESKeyWrapPadding, NoEncoding, admin',
      '│   └── dek  SymmetricKey, Active, AESKeyWrapPadding, NoEncoding, bob@example.org',
      '└── other  SymmetricKey, Active, AESKeyWrapPadding, NoEncoding, admin',
    ]);
  });

  it('shows what only bytes name, and nothing that is destroyed', async () => {
    await sql(store, `UPDATE objects SET wrapping_key_id = NULL WHERE id = 'dek'`);
    await sql(store, `UPDATE objects SET state = 'Destroyed' WHERE id = 'other'`);
    const found = await tree('kek');
    assert.deepEqual(namesIn(found.tree), ['kek', [['kek-below', [['dek', []]]]]]);
  });

  it('does not put a key under itself that its column alone puts there', async () => {
    await sql(store, `UPDATE objects SET wrapping_key_id = 'kek' WHERE id = 'kek'`);
    const { tree: drawn } = await tree('kek');
    assert.deepEqual(namesIn(drawn), [
      'kek',
      [
        ['kek-below', [['dek', []]]],
        ['other', []],
      ],
    ]);
  });

  it('answers whether a key may be destroyed: not while it is Active, nor while anything hangs on it', async () => {
    assert.deepEqual([await check('kek'), await check('dek')], [1, 1]);
    await runJson(RotateKey, store, ['kek'], LATER);
    assert.deepEqual([await check('kek@first'), await check('kek@1')], [0, 1]);
    assert.deepEqual(namesIn((await tree('kek@first')).tree), ['kek', []]);
    assert.equal((await tree('kek@1')).tree.dependants.length, 2);
    // A server's cache may write one back that only its bytes tell of.
    await sql(store, `UPDATE objects SET state = 'Deactivated' WHERE id = 'kek-below'`);
    await sql(store, `UPDATE objects SET wrapping_key_id = NULL WHERE id = 'dek'`);
    assert.equal(await check('kek-below'), 1);
  });

  it('names a key that is not there: exit code 4', async () => {
    const { exitCode, document } = await runJson(KeyTree, store, ['no-such-key']);
    assert.equal(exitCode, 4);
    assert.equal(errorOf(document).reason, 'UnknownUid');
  });

  it('names objects that wrap each other', async () => {
    const below = (await rowsOf(store)).find(({ id }) => id === 'kek-below')!;
    const object = below.object.replace('"kek"', '"dek"');
    await sql(
      store,
      `UPDATE objects SET object = ?, wrapping_key_id = 'dek' WHERE id = 'kek-below'`,
      object,
    );
    const { document } = await runJson(KeyTree, store, ['dek']);
    assert.equal(errorOf(document).reason, 'WrappingCycle');
  });

  it('grows by keys that open again under the one that they were created with', async () => {
    const { problems, objects } = await unwrapStore(store);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      ['kek-below', 'dek', 'other'].map((uid) => objects.get(uid)?.wrappingKeyUid),
      ['kek', 'kek-below', 'kek'],
    );
  });

  it('grows under no key that is retired, at once or meanwhile', async () => {
    await runJson(RotateKey, store, ['kek'], LATER);
    const refused = await runJson(KeyCreate, store, ['late', '--wrap-with', 'kek@first'], LATER);
    assert.equal(refused.exitCode, 4);
    assert.equal(errorOf(refused.document).reason, 'WrappingKeyNotActive');
    const [row] = (await rowsOf(store)).filter(({ id }) => id === 'other');
    await withStore(store, async (opened) => {
      const late = { ...row!, id: 'late', wrappingKeyId: 'kek' };
      await assert.rejects(opened.create([{ row: late, tags: [] }], created('late')), {
        reason: 'WrappingKeyNotActive',
        uid: 'kek',
      });
    });
    assert.ok((await rowsOf(store)).every(({ id }) => id !== 'late'));
  });

  it('moves as a dry run of kms rotate key foresees', async () => {
    const rows = await rowsOf(store);
    const { document } = await runJson(RotateKey, store, ['kek', '--dry-run'], LATER);
    const [result] = valid('rotate', document).results;
    assert.deepEqual(
      [result?.outcome, (result as { dependants?: unknown }).dependants],
      ['would-rotate', ['kek-below', 'other']],
    );
    assert.deepEqual(await rowsOf(store), rows);
  });
});
