// Objects that may not be rotated: exit code 4, each with its reason and a hint, and nothing changed; in a
// run of many the others are committed (design §3.2, §5).
import assert from 'node:assert/strict';
import { runOn } from '../support/binary.js';
import { errorOf, rotateOf, type ErrorDocument } from '../support/documents.js';
import { insertRows, newStorePath, rowsOf, sql } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

interface Refusal {
  readonly what: string;
  readonly uid: string;
  readonly reason: string;
  readonly says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  { what: 'an unknown uid', uid: 'nothing', reason: 'UnknownUid', says: /"nothing"/ },
  {
    what: 'a generation that a keyset has not',
    uid: 'set@7',
    reason: 'UnknownUid',
    says: /no generation 7/,
  },
  { what: 'a replaced key', uid: 'replaced', reason: 'AlreadyReplaced', says: /"replacement"/ },
  { what: 'a PreActive key', uid: 'waiting', reason: 'WrongState', says: /PreActive/ },
  { what: 'a Destroyed key', uid: 'gone', reason: 'WrongState', says: /Destroyed/ },
  {
    what: 'a generation that is not the latest',
    uid: 'set@0',
    reason: 'NotLatestOfKeyset',
    says: /"set@1" is/,
  },
  {
    what: 'a keyset of two owners',
    uid: 'shared',
    reason: 'AmbiguousKeyset',
    says: /alice, bob/,
  },
  { what: 'a key inside a module', uid: 'hsm::1::k', reason: 'HsmResident', says: /module/ },
  { what: 'a key under a module', uid: 'under-hsm', reason: 'HsmResident', says: /module/ },
  {
    what: 'a key that wraps what cannot be read',
    uid: 'kek',
    reason: 'DependantNotRewrapped',
    says: /"dependant" cannot be re-wrapped/,
  },
  { what: 'a malformed row', uid: 'broken', reason: 'MalformedObject', says: /"broken"/ },
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

  for (const { what, uid, reason, says } of REFUSALS) {
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
    const store = await newStorePath();
    insertRows(store, [
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
    const logged = sql(store, 'SELECT uid, outcome, reason FROM kms_rotation_log ORDER BY uid');
    assert.deepEqual(logged, [
      { uid: 'bad', outcome: 'failed', reason: 'Undecidable' },
      { uid: 'broken', outcome: 'failed', reason: 'MalformedObject' },
      { uid: 'good-1', outcome: 'rotated', reason: null },
      { uid: 'good-2', outcome: 'rotated', reason: null },
    ]);
  });
});
