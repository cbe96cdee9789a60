// Which objects are leftovers of a rotation.
import assert from 'node:assert/strict';
import { decodeRow } from '../../../src/kmip/managed-object.js';
import { addLeftovers, type LeftoverUids } from '../../../src/doctor/unfinished/find-leftovers.js';
import { describeOnSqlite } from '../../support/databases.js';
import { aSymmetricKey, insertRows, newStorePath, withStore } from '../../support/store.js';

const linking = (uid: string, links: Readonly<Record<string, string>>, state = 'Active') =>
  aSymmetricKey(
    { uid },
    {
      Link: Object.entries(links).map(([LinkType, to]) => ({
        LinkType,
        LinkedObjectIdentifier: to,
      })),
    },
    { state },
  );

const ROWS = [
  linking('a', {}),
  linking('x', { ReplacedObjectLink: 'a' }),
  linking('gone', { ReplacedObjectLink: 'nobody' }),
  linking('dead', { ReplacedObjectLink: 'a' }, 'Destroyed'),
  linking('self', { ReplacedObjectLink: 'self' }),
  linking('b', { ReplacementObjectLink: 'y' }),
  linking('y', { ReplacedObjectLink: 'b' }),
  linking('z', { ReplacedObjectLink: 'b' }),
];

describeOnSqlite('leftovers', (database) => {
  it('are those that link back to an object that is there and does not name them', async () => {
    const url = await newStorePath(database);
    await insertRows(url, ROWS);
    const found: LeftoverUids = new Map();
    await withStore(url, (store) =>
      addLeftovers(
        store,
        ROWS.map((row) => decodeRow(row)),
        found,
      ),
    );
    assert.deepEqual(
      [...found].map(([uid, leftovers]) => [uid, ...leftovers]),
      [
        ['a', 'x'],
        ['b', 'z'],
      ],
    );
  });
});
