// What was decided by the surroundings of objects is written only while those are the same, whoever changed them; where
// nothing was written at all, no row is searched a second time.
import assert from 'node:assert/strict';
import { apply } from '../../../src/store/apply.js';
import { connect } from '../../../src/store/connect/connect.js';
import { surroundingsOf } from '../../../src/store/find/surroundings.js';
import { UNMONITORED } from '../../../src/store/write/rewrap-dependants.js';
import { describeEachDatabase } from '../../support/databases.js';
import { setAttributes } from '../../support/meddle.js';
import { sql } from '../../support/sql.js';
import { aSymmetricKey, insertRows, newStorePath } from '../../support/store.js';

const OBJECTS = { uids: ['key'], keysets: ['set'] };
const linked = (uid: string) =>
  aSymmetricKey(
    { uid },
    { Link: [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'key' }] },
  );

type Meanwhile = (url: string, write: (text: string) => Promise<unknown>) => Promise<unknown>;

/** What happens between the decision and the writing, and what comes of the writing. */
const CASES: readonly (readonly [string, 'written' | 'conflict', Meanwhile])[] = [
  ['nothing', 'written', () => Promise.resolve()],
  ['a new object links to it', 'conflict', (url) => insertRows(url, [linked('new')])],
  ['an object links to it', 'conflict', (url) => setAttributes(url, 'other', { Link: LINK })],
  ['something else is written', 'written', (url) => setAttributes(url, 'other', { Comment: 'x' })],
  [
    'a tag is added, by this session',
    'conflict',
    (_, write) => write(`INSERT INTO tags (id, tag) VALUES ('key', 'new')`),
  ],
  [
    'something else is written, by this session',
    'written',
    (_, write) => write(`INSERT INTO tags (id, tag) VALUES ('other', 'new')`),
  ],
  ['a grant is added', 'conflict', (url) => sql(url, GRANT)],
  ['a member joins the keyset', 'conflict', (url) => insertRows(url, [MEMBER])],
];
const LINK = [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'key' }];
const GRANT = `INSERT INTO read_access (id, userid, permissions) VALUES ('key', 'carol', '["get"]')`;
const MEMBER = aSymmetricKey({ uid: 'set@1' }, { RotateName: 'set', RotateGeneration: 1 });

describeEachDatabase('what was decided by surroundings', (database) => {
  for (const [title, expected, meanwhile] of CASES) {
    it(`is ${expected === 'written' ? 'written' : 'not written'} if this happens meanwhile: ${title}`, async () => {
      const url = await newStorePath(database);
      await insertRows(
        url,
        ['key', 'other'].map((uid) => aSymmetricKey({ uid })).concat(linked('before')),
      );
      const connection = await connect(url, { mode: 'write', busyTimeoutMs: 2000 });
      const seen: string[] = [];
      try {
        const found = await surroundingsOf(connection, OBJECTS);
        assert.deepEqual(
          found.links.map(({ uid }) => uid),
          ['before'],
        );
        await meanwhile(url, async (text) => connection.knex.raw(text));
        connection.knex.on('query', (query: { sql: string }) => seen.push(query.sql));
        const row = { id: 'own', tag: 'own' };
        const unit = { changes: [], rewrapping: null, ownRows: [{ table: 'tags', row }] };
        const { outcomes } = await apply(
          connection,
          [{ ...unit, decidedBy: { ...OBJECTS, found } }],
          UNMONITORED,
        );
        assert.deepEqual(
          outcomes.map(({ kind }) => kind),
          [expected],
        );
      } finally {
        await connection.knex.destroy();
      }
      if (database.kind !== 'sqlite') return;
      const places = ['UPDATE parameters', 'data_version', ' LIKE '].map((part) =>
        seen.findIndex((statement) => statement.includes(part)),
      );
      const [locked = -1, marked = -1, searched = -1] = places;
      assert.ok(locked >= 0 && locked < marked, 'compared before the lock was there');
      assert.equal(searched >= 0, title !== 'nothing');
    });
  }
});
