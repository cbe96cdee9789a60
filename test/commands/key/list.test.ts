// `kms key list`: every object that the filters leave, by uid, malformed rows among them.
import assert from 'node:assert/strict';
import KeyList from '../../../src/commands/key/list.js';
import { runCommand, runJson } from '../../support/command.js';
import { valid, type Documents } from '../../support/documents.js';
import { describeGolden, GOLDEN_SQLITE, goldenCopy } from '../../support/golden.js';
import { insertRows, newStorePath, rowsOf, sql, storeWith } from '../../support/sqlite.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';
import { valuesOf } from '../../support/values-of.js';

async function listed(store: string, argv: readonly string[] = []): Promise<Documents['key-list']> {
  const { exitCode, document } = await runJson(KeyList, store, argv);
  assert.equal(exitCode, 0, JSON.stringify(document));
  return valid('key-list', document);
}

describe('kms key list', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: '😀', tags: ['a'] }),
      aSymmetricKey({ uid: '\uffee' }),
      aSymmetricKey({ uid: 'b', owner: 'bob' }),
      aSymmetricKey({ uid: 'a', intervalSeconds: null }, {}, { state: 'Destroyed' }),
      aSymmetricKey({ uid: 'broken' }, {}, { object: '{' }),
    ]);
    for (const tag of ['env:prod', 'x']) sql(store, `INSERT INTO tags VALUES ('b', ?)`, tag);
    sql(store, `INSERT INTO tags VALUES ('a', 'env:prod')`);
  });

  const uidsOf = ({ keys }: Documents['key-list']) => keys.map(({ uid }) => uid);

  it('lists all, whatever their state, by the UTF-8 bytes of their uids', async () => {
    const document = await listed(store);
    assert.deepEqual(uidsOf(document), ['a', 'b', 'broken', '\uffee', '😀']);
    assert.equal(document.count, 5);
  });

  it('lists a malformed row with the reason', async () => {
    const { keys } = await listed(store);
    const broken = keys.find(({ uid }) => uid === 'broken');
    assert.equal(broken?.error?.reason, 'MalformedObject');
  });

  for (const [argv, uids] of [
    [['--owner', 'bob'], ['b']],
    [
      ['--tag', 'env:prod'],
      ['a', 'b'],
    ],
    [['--tag', 'env:prod', '--tag', 'x'], ['b']],
    [['--type', 'PrivateKey'], []],
    [['--owner', 'bob', '--type', 'SymmetricKey'], ['b']],
  ] as const) {
    it(`narrows by all filters at once: ${argv.join(' ')}`, async () => {
      assert.deepEqual(uidsOf(await listed(store, argv)), uids);
    });
  }

  it('prints a table of one line for each', async () => {
    const { stdout } = await runCommand(KeyList, store, []);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 6);
    assert.match(lines[0] ?? '', /^UID +STATE +KEY +INTERVAL +DUE +TAGS +OWNER$/);
    assert.match(lines[1] ?? '', /^a +Destroyed +AES-256 +– +– +– +ops@example.org$/);
    assert.match(lines[2] ?? '', /^b +Active +AES-256 +30 d +in 30 d +– +bob$/);
  });

  it('writes control characters out', async () => {
    const other = await storeWith([
      aSymmetricKey({ uid: 'a\u0007\u009b31m\u200b', tags: ['t\nt'] }),
    ]);
    const { stdout } = await runCommand(KeyList, other, []);
    assert.match(stdout, /a\\u\{7\}\\u\{9b\}31m\\u\{200b\} .* t\\u\{a\}t /);
  });
});

describeGolden('kms key list on stores of the server', () => {
  for (const name of GOLDEN_SQLITE) {
    it(`lists every object of ${name}.sqlite in a valid document, none of them malformed`, async () => {
      const store = goldenCopy(`${name}.sqlite`);
      const { keys } = await listed(store);
      assert.equal(keys.length, rowsOf(store).length);
      assert.deepEqual(
        keys.filter(({ error }) => error !== null),
        [],
      );
    });
  }

  it('tells user tags, and not those of the system', async () => {
    const { keys } = await listed(goldenCopy('store.sqlite'), ['--tag', 'imported']);
    assert.deepEqual(valuesOf(keys, 'uid', 'tags'), [['imported-aes', ['imported']]]);
  });
});
