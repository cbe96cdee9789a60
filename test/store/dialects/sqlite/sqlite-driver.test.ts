// Statements that bypass knex still belong to its transaction, and to no other.
import assert from 'node:assert/strict';
import { connect } from '../../../../src/store/connect/connect.js';
import {
  executeByDriver,
  selectByDriver,
} from '../../../../src/store/dialects/sqlite/sqlite-driver.js';
import { newStorePath } from '../../../support/sqlite.js';

const COUNT = 'SELECT count(*) AS count FROM tags WHERE tag = ?';
const ADD = 'INSERT INTO tags (id, tag) VALUES (?, ?)';

describe('statements on SQLite by the driver', () => {
  it('are rolled back with the transaction, and are invisible outside it until then', async () => {
    const { knex } = await connect(await newStorePath(), { mode: 'write', busyTimeoutMs: 2000 });
    const undone = knex.transaction(async (transaction) => {
      assert.equal(await executeByDriver(transaction, ADD, ['key', 'new']), 1);
      assert.deepEqual(await selectByDriver(transaction, COUNT, ['new']), [{ count: 1 }]);
      throw new Error('undo');
    });
    await assert.rejects(undone, /undo/);
    assert.deepEqual(await selectByDriver(knex, COUNT, ['new']), [{ count: 0 }]);
    await knex.destroy();
  });

  it('are refused once the transaction has ended, and are reported to listeners of queries', async () => {
    const { knex } = await connect(await newStorePath(), { mode: 'write', busyTimeoutMs: 2000 });
    const seen: string[] = [];
    knex.on('query', ({ sql }: { sql: string }) => seen.push(sql));
    const ended = await knex.transaction(async (transaction) => {
      await executeByDriver(transaction, ADD, ['key', 'new']);
      return { transaction };
    });
    await assert.rejects(executeByDriver(ended.transaction, ADD, ['key', 'late']), /has ended/);
    assert.deepEqual(await selectByDriver(knex, COUNT, ['late']), [{ count: 0 }]);
    assert.ok(seen.includes(ADD));
    await knex.destroy();
  });
});
