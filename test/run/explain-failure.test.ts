// What fails because of a finding of kms doctor names the command that shows that finding.
import assert from 'node:assert/strict';
import { describeOnSqlite } from '../support/databases.js';
import { doctor } from '../support/doctor.js';
import { changeRow, setAttributes, withBrokenCiphertext } from '../support/meddle.js';
import { runDue } from '../support/run.js';
import { sql } from '../support/sql.js';
import { aSymmetricKey, insertRows } from '../support/store.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const KEK = aPlant();
const DUE_KEK = aPlant({ policy: 'due' });
const DUE = aPlant({ kind: 'hmac', under: 1, policy: 'due' });
const CLEAR = aPlant({ kind: 'hmac', policy: 'due' });
const PAIR = aPlant({ kind: 'P256', policy: 'due' });

/** What grows, what is done to it, and which finding, about which object, explains that a run fails. */
const CASES: readonly (readonly [string, readonly Plant[], (url: string) => Promise<unknown>])[] = [
  [
    'unreadable-dependant hmac-1',
    [KEK, DUE],
    (url) => changeRow(url, 'aes256-0', { state: 'Deactivated' }),
  ],
  [
    'unreadable-dependant hmac-1',
    [KEK, DUE],
    (url) => sql(url, `DELETE FROM objects WHERE id = 'aes256-0'`),
  ],
  [
    'stale-dependant hmac-1',
    [aPlant({ replaced: true }), DUE],
    (url) => changeRow(url, 'aes256-0-next', { state: 'Deactivated' }),
  ],
  [
    'unfinished-rotation aes256-0',
    [KEK, DUE],
    async (url) => {
      const Link = [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'aes256-0' }];
      await insertRows(url, [aSymmetricKey({ uid: 'left' }, { Link, RotateInterval: 0 })]);
      await changeRow(url, 'aes256-0', { state: 'Deactivated' });
    },
  ],
  [
    'wrapping-key-mismatch P256-1',
    [KEK, { ...PAIR, under: 1 }],
    async (url) => {
      await changeRow(url, 'P256-1', withBrokenCiphertext);
      await changeRow(url, 'P256-1', { wrapping_key_id: null });
    },
  ],
  ['unreadable-row hmac-0', [CLEAR], (url) => changeRow(url, 'hmac-0', { object: '{}' })],
  [
    'unreadable-row hmac-0',
    [CLEAR],
    (url) => setAttributes(url, 'hmac-0', { RotateGeneration: -3, RotateName: 'set' }),
  ],
  [
    'unreadable-row hmac-1',
    [DUE_KEK, aPlant({ kind: 'hmac', under: 1 })],
    (url) => changeRow(url, 'hmac-1', { object: '{}' }),
  ],
  ['unreadable-row aes256-0', [KEK, DUE], (url) => changeRow(url, 'aes256-0', { object: '{}' })],
  ['half-pair P256-0', [PAIR], (url) => sql(url, `DELETE FROM objects WHERE id LIKE '%_pk'`)],
  [
    'uid-in-the-way hmac-0',
    [CLEAR, aPlant({ kind: 'hmac' })],
    async (url) => {
      for (const uid of ['hmac-0', 'hmac-1'])
        await setAttributes(url, uid, { RotateName: 'set', RotateGeneration: 1 });
    },
  ],
];

describeOnSqlite('a failure that a finding explains', (database) => {
  const forest = forestStore(database);

  for (const [index, [finding, plants, damage]] of CASES.entries()) {
    it(`names the command that shows it: ${finding}, case ${index + 1}`, async () => {
      const { url } = await forest(plants);
      await damage(url);
      const { results, rewrappedDependants } = await runDue(url, NOW, NO_SERVER_KEK);
      const hints = [...results, ...rewrappedDependants].map(({ error }) => error?.hint ?? '');
      assert.notEqual(hints.length, 0);
      for (const hint of hints) {
        const [, flags] = /kms doctor((?: --only [\w-]+)+) says more/.exec(hint) ?? [];
        assert.ok(flags !== undefined, hint === '' ? 'no failure' : hint);
        const { findings } = await doctor(url, flags.trim().split(' '), NOW);
        const found = findings.map(({ code, uids: [uid = ''] }) => `${code} ${uid}`);
        assert.ok(found.includes(finding), `${found.join()} of ${hint}`);
      }
    });
  }

  it('is one only if doctor can say more', async () => {
    const { url } = await forest([PAIR]);
    await changeRow(url, 'P256-0_pk', { owner: 'somebody else' });
    const { results } = await runDue(url, NOW, NO_SERVER_KEK);
    assert.deepEqual(
      results.map(({ error }) => [error?.reason, error?.hint?.includes('doctor')]),
      [['UnsoundPair', false]],
    );
    assert.equal((await doctor(url, [], NOW)).summary['errors'], 0);
  });
});
