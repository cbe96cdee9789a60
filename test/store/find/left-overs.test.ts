// Tags and grants that a deleted object left under the uid of a new one: they are never taken over, whoever they name. The
// rotation fails by name, nothing is written, and the other keys are rotated.
import assert from 'node:assert/strict';
import { describeEachDatabase } from '../../support/databases.js';
import { runDue } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowsOf,
  withStore,
} from '../../support/store.js';
import { created } from '../../support/log-entries.js';

const LATER = JANUARY + 365 * DAY;
const MEMBER = { RotateName: 'invoices', RotateGeneration: 0, RotateLatest: true };

const tag = (uid: string) => ['INSERT INTO tags (id, tag) VALUES (?, ?)', uid, '_kk'] as const;
const grant = (uid: string) =>
  [
    'INSERT INTO read_access (id, userid, permissions) VALUES (?, ?, ?)',
    uid,
    'bob',
    '["get"]',
  ] as const;

describeEachDatabase('left-over tags and grants', (database) => {
  const storeWith = async (...statements: readonly (readonly [string, ...string[]])[]) => {
    const store = await newStorePath(database);
    await insertRows(store, [
      aSymmetricKey({ uid: 'invoices' }, MEMBER),
      aSymmetricKey({ uid: 'plain' }),
    ]);
    for (const [statement, ...values] of statements) await sql(store, statement, ...values);
    return store;
  };
  const grantsOf = (store: string) => sql(store, 'SELECT id, userid FROM read_access ORDER BY id');

  for (const [what, left, says] of [
    ['a tag', tag('invoices@1'), /"invoices@1" has 1 row of tags, but no object/],
    ['a grant', grant('invoices@1'), /"invoices@1" has 1 row of read_access, but no object/],
  ] as const) {
    it(`fails a rotation by name for ${what} under the next uid of a keyset, foreseen by a dry run`, async () => {
      const store = await storeWith(left);
      const [before] = (await rowsOf(store)).filter(({ id }) => id === 'invoices');
      const grants = await grantsOf(store);
      for (const dryRun of [true, false]) {
        const { results } = await runDue(store, LATER, { dryRun, newUid: () => 'new' });
        const [invoices, plain] = results;
        assert.deepEqual(
          [invoices?.outcome, invoices?.error?.reason],
          ['failed', 'KeysetConflict'],
        );
        assert.match(invoices?.error?.message ?? '', says);
        assert.match(invoices?.error?.hint ?? '', /DELETE FROM/);
        assert.equal(plain?.outcome, dryRun ? 'would-rotate' : 'rotated');
      }
      const after = await rowsOf(store);
      assert.deepEqual(
        after.find(({ id }) => id === 'invoices'),
        before,
      );
      assert.equal(
        after.some(({ id }) => id === 'invoices@1'),
        false,
      );
      assert.deepEqual(await grantsOf(store), grants);
    });
  }

  it('goes by what the database takes for the same uid', async () => {
    const store = await storeWith(grant('INVOICES@1'));
    const [invoices] = (await runDue(store, LATER)).results;
    const reason = database.kind === 'mysql' ? 'KeysetConflict' : null;
    assert.equal(invoices?.error?.reason ?? null, reason);
  });

  it('fails a rotation by name for a grant under a uid that is new', async () => {
    const store = await storeWith(grant('new'));
    const { results } = await runDue(store, LATER, { newUid: () => 'new' });
    assert.deepEqual(
      results.map(({ uid, error }) => [uid, error?.reason ?? null]),
      [
        ['invoices', null],
        ['plain', 'KeysetConflict'],
      ],
    );
    assert.equal((await rowsOf(store)).length, 3);
  });

  it('keeps a new key from its uid', async () => {
    const store = await storeWith(tag('new'), grant('new'));
    const creating = withStore(store, (opened) =>
      opened.create([{ row: aSymmetricKey({ uid: 'new' }), tags: ['_kk'] }], created('new')),
    );
    await assert.rejects(creating, {
      name: 'KmsError',
      reason: 'UidTaken',
      message: /1 row of tags and 1 row of read_access/,
    });
    assert.equal((await rowsOf(store)).length, 2);
  });
});
