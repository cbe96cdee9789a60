// Answers that lose a row between server and client: an error, never the rows that came; and another try if that may help.
import assert from 'node:assert/strict';
import { connect } from '../../../src/store/connect/connect.js';
import { readSnapshot } from '../../../src/store/connect/read-snapshot.js';
import { missingRows } from '../../../src/store/connect/whole-answers.js';
import { describeEachDatabase } from '../../support/databases.js';
import { throughLossyProxy } from '../../support/lossy-proxy.js';
import { aSymmetricKey, insertRows, newStorePath, withStore } from '../../support/store.js';

const OPTIONS = { mode: 'read', busyTimeoutMs: 2000 } as const;

describe('missingRows', () => {
  const result = (rowCount: number | null, rows: number, fields: number) => ({
    rowCount,
    rows: Array.from({ length: rows }),
    fields: Array.from({ length: fields }),
  });
  for (const [what, answer, isWhole] of [
    ['as many rows as are counted', result(2, 2, 1), true],
    ['none of none', result(0, 0, 1), true],
    ['a change that returns no rows', result(3, 0, 0), true],
    ['a statement that counts nothing', result(null, 1, 1), true],
    ['a row too few', result(2, 1, 1), false],
    ['no row of one', result(1, 0, 1), false],
    ['a row too few in one of several results', [result(1, 1, 1), result(2, 1, 1)], false],
    ['no result', undefined, true],
  ] as const) {
    it(`${isWhole ? 'accepts' : 'refuses'} ${what}`, () => {
      assert.equal(missingRows(answer) === null, isWhole);
    });
  }
});

describeEachDatabase('an answer that loses a row', (database) => {
  if (database.kind === 'sqlite') return;
  let store = '';
  before(async () => {
    store = await newStorePath(database);
    await insertRows(store, [
      aSymmetricKey({ uid: 'first' }),
      aSymmetricKey({ uid: 'lost-on-the-way' }),
      aSymmetricKey({ uid: 'third' }),
    ]);
  });

  it('is an error, with a bound value and without, in a transaction and outside', async () => {
    await throughLossyProxy(store, { lost: 'lost-on-the-way' }, async (url) => {
      const connection = await connect(url, OPTIONS);
      const { knex, dialect } = connection;
      const lost = { code: 'PROTOCOL_ROWS_MISSING' };
      try {
        const found = await knex('objects').where('id', 'first').select('id');
        assert.equal(found.length, 1);
        await assert.rejects(async () => knex('objects').select('id'), lost);
        await assert.rejects(async () => knex('objects').whereNot('id', 'x').select('id'), lost);
        await assert.rejects(
          readSnapshot(connection, (snapshot) =>
            dialect.select(snapshot, 'SELECT id, owner FROM objects', []),
          ),
          lost,
        );
        const again = await knex('objects').where('id', 'third').select('id');
        assert.equal(again.length, 1);
      } finally {
        await knex.destroy();
      }
    });
  });

  it('is asked for again', async () => {
    await throughLossyProxy(store, { lost: 'lost-on-the-way', times: 1 }, async (url) => {
      const loaded = await withStore(
        url,
        (opened) => opened.load(['first', 'lost-on-the-way', 'third']),
        'read',
      );
      assert.equal(loaded.length, 3);
    });
  });
});
