// Tags and grants under the uid of a keyset's next generation: removed once they are in our log, and nothing else is.
import assert from 'node:assert/strict';
import RotateDue from '../../src/commands/rotate/due.js';
import { runCommand } from '../support/command.js';
import { describeEachDatabase } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { sql } from '../support/sql.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, newStorePath, rowOf } from '../support/store.js';

const NOW = JANUARY + 60 * DAY;
const OTHERS = ['hsm::0::a@1', '*', 'b@1', 'A@1'];

describeEachDatabase('rights-in-the-way', (database) => {
  const grant = (url: string, id: string, user: string) =>
    sql(
      url,
      'INSERT INTO read_access (id, userid, permissions) VALUES (?, ?, ?)',
      id,
      user,
      '["get"]',
    );
  const rightsIn = async (url: string) => {
    const tags = await sql<{ id: string }>(url, 'SELECT id FROM tags');
    const grants = await sql<{ id: string }>(url, 'SELECT id FROM read_access');
    return [...tags, ...grants].map(({ id }) => id).sort();
  };

  it('is repaired: what is removed is in our log, other uids keep theirs, and the key rotates', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true })]);
    await sql(url, `DELETE FROM tags`);
    const others = database.kind === 'mysql' ? OTHERS.slice(0, 3) : OTHERS;
    for (const uid of others) await grant(url, uid, 'carol');
    for (let count = 0; count < 60; count += 1) await grant(url, 'a@1', `user-${count}`);
    await sql(url, `INSERT INTO tags (id, tag) VALUES ('a@1', '_kk')`);
    assert.equal((await runCommand(RotateDue, url, [], NOW)).exitCode, 4);
    assert.deepEqual(codesOf(await doctor(url, [], NOW)), [
      'rights-in-the-way a@1 a: would-repair',
    ]);
    const fixed = await fix(url, [], NOW);
    assert.deepEqual(codesOf(fixed), ['rights-in-the-way a@1 a: repaired']);
    assert.deepEqual(await rightsIn(url), others.toSorted());
    const log = await sql<{ message: string }>(
      url,
      `SELECT message FROM kms_rotation_log WHERE uid = 'a@1' AND outcome = 'repaired'`,
    );
    const said = log.map(({ message }) => message).join();
    assert.ok(said.includes('_kk') && said.includes('user-0') && said.includes('user-59'), said);
    assert.deepEqual(codesOf(await fix(url, [], NOW)), []);
    assert.equal((await runCommand(RotateDue, url, [], NOW)).exitCode, 0);
    assert.equal((await rowOf(url, 'a@1')).state, 'Active');
  });

  if (database.kind !== 'mysql') return;
  it('is told of a uid that the database only takes for the next one', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true })]);
    await grant(url, 'A@1', 'carol');
    assert.deepEqual(codesOf(await fix(url, [], NOW)), ['rights-in-the-way A@1 a: told']);
    assert.ok((await rightsIn(url)).includes('A@1'));
  });
});
