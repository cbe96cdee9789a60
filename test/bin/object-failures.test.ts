// Objects that may not be rotated: exit code 4, each with its reason and a hint, and nothing changed; in a
// run of many the others are committed (design §3.2, §5).
import assert from 'node:assert/strict';
import { runOn } from '../support/binary.js';
import { errorOf, rotateOf, type ErrorDocument } from '../support/documents.js';
import { insertRows, newStorePath, rowsOf, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

const REFUSALS: readonly (readonly [what: string, uid: string, reason: string, says: RegExp])[] = [
  ['an unknown uid', 'nothing', 'UnknownUid', /"nothing"/],
  ['a generation that a keyset has not', 'set@7', 'UnknownUid', /no generation 7/],
  ['a replaced key', 'replaced', 'AlreadyReplaced', /"replacement"/],
  ['a PreActive key', 'waiting', 'WrongState', /PreActive/],
  ['a Destroyed key', 'gone', 'WrongState', /Destroyed/],
  ['a generation that is not the latest', 'set@0', 'NotLatestOfKeyset', /"set@1" is/],
  ['a keyset of two owners', 'shared', 'AmbiguousKeyset', /alice, bob/],
  ['a key inside a module', 'hsm::1::k', 'HsmResident', /module/],
  ['a key under a module', 'under-hsm', 'HsmResident', /module/],
  [
    'a key that wraps what cannot be read',
    ...['kek', 'DependantNotRewrapped', /"dependant" cannot be re-wrapped/],
  ] as const,
  ['a malformed row', 'broken', 'MalformedObject', /"broken"/],
];

const member = (name: string, generation: number) => ({
  RotateName: name,
  RotateGeneration: generation,
});

async function storeOfRefusals(): Promise<string> {
  const store = await newStorePath();
  const linked = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'replacement' };
  insertRows(store, [
    aSymmetricKey({ uid: 'replaced' }, { Link: [linked] }),
    aSymmetricKey({ uid: 'replacement' }),
    aSymmetricKey({ uid: 'waiting' }, {}, { state: 'PreActive' }),
    aSymmetricKey({ uid: 'gone' }, {}, { state: 'Destroyed' }),
    aSymmetricKey({ uid: 'set' }, member('set', 0)),
    aSymmetricKey({ uid: 'set@1' }, member('set', 1)),
    aSymmetricKey({ uid: 'shared', owner: 'alice' }, member('shared', 0)),
    aSymmetricKey({ uid: 'shared-2', owner: 'bob' }, member('shared', 0)),
    aSymmetricKey({ uid: 'hsm' }, {}, { id: 'hsm::1::k' }),
    aSymmetricKey({ uid: 'under-hsm' }, {}, { wrappingKeyId: 'hsm::1::k' }),
    aSymmetricKey({ uid: 'kek' }),
    aSymmetricKey({ uid: 'dependant' }, {}, { wrappingKeyId: 'kek', object: '{"SymmetricKey":' }),
    aSymmetricKey({ uid: 'broken' }, {}, { object: '{"SymmetricKey":' }),
  ]);
  return store;
}

/** The failure, whether it came before the run began or stands in its report. */
function failureIn(stdout: string): ErrorDocument {
  const document = JSON.parse(stdout) as { readonly schema: string };
  if (document.schema === 'kms.error/v1') return errorOf(document);
  const { results, error, summary } = rotateOf(document);
  assert.equal(error, null);
  assert.equal(summary['failed'], 1);
  assert.equal(results[0]?.outcome, 'failed');
  return results[0].error!;
}

describe('exit code 4: an object that may not be rotated', () => {
  let store: string;
  before(async () => {
    store = await storeOfRefusals();
  });

  for (const [what, uid, reason, says] of REFUSALS) {
    it(`answers ${reason} to ${what}, and changes nothing`, async () => {
      const untouched = rowsOf(store);
      const { code, stdout, stderr } = await runOn(store, ['rotate', 'key', uid, '--json']);
      assert.deepEqual([code, stderr], [4, '']);
      const failure = failureIn(stdout);
      assert.equal(failure.reason, reason);
      assert.match(failure.message, says);
      assert.ok((failure.hint ?? '').length > 0, 'no hint');
      assert.deepEqual(rowsOf(store), untouched);
    });
  }

  it('is foreseen by a dry run', async () => {
    const { code } = await runOn(store, ['rotate', 'key', 'set@0', '--dry-run']);
    assert.equal(code, 4);
  });

  it('is told in words, with reason and hint', async () => {
    const { code, stdout } = await runOn(store, ['rotate', 'key', 'gone']);
    assert.equal(code, 4);
    assert.match(stdout, /WrongState: "gone" is Destroyed/);
    assert.match(stdout, /one of these states/);
    assert.match(stdout, /1 failed$/m);
  });

  for (const command of ['show', 'lineage']) {
    it(`is the answer of key ${command} to an unknown uid`, async () => {
      const { code, stdout } = await runOn(store, ['key', command, 'nothing', '--json']);
      assert.equal(code, 4);
      assert.equal(errorOf(stdout).reason, 'UnknownUid');
      assert.equal(errorOf(stdout).uid, 'nothing');
    });
  }

  it('is the answer of key create to a uid that is taken, and leaves that key as it was', async () => {
    const untouched = rowsOf(store);
    const { code, stdout } = await runOn(store, ['key', 'create', 'kek', '--json']);
    assert.equal(code, 4);
    assert.equal(errorOf(stdout).reason, 'UidTaken');
    assert.deepEqual(rowsOf(store), untouched);
  });
});

describe('exit code 4: a run of which some objects fail', () => {
  it('commits the others, and writes each failure to the log', async () => {
    const store = await storeWith([
      aSymmetricKey({ uid: 'good-1' }),
      aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' }),
      aSymmetricKey({ uid: 'broken' }, {}, { object: 'null' }),
      aSymmetricKey({ uid: 'good-2' }),
    ]);
    const { code, stdout } = await runOn(store, ['rotate', 'due', '--json']);
    assert.equal(code, 4);
    const { summary, results } = rotateOf(stdout);
    assert.deepEqual([summary['due'], summary['rotated'], summary['failed']], [4, 2, 2]);
    const reasons = results.map(({ uid, error }) => [uid, error?.reason ?? null]);
    assert.deepEqual(Object.fromEntries(reasons), {
      bad: 'Undecidable',
      broken: 'MalformedObject',
      'good-1': null,
      'good-2': null,
    });
    const logged = sql(
      store,
      `SELECT uid, outcome, reason FROM kms_rotation_log WHERE uid <> '' ORDER BY uid`,
    );
    assert.deepEqual(logged, [
      { uid: 'bad', outcome: 'failed', reason: 'Undecidable' },
      { uid: 'broken', outcome: 'failed', reason: 'MalformedObject' },
      { uid: 'good-1', outcome: 'rotated', reason: null },
      { uid: 'good-2', outcome: 'rotated', reason: null },
    ]);
  });
});
