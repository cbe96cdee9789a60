// What stands in the way of a keyset's next generation: what is told is not written.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import { codesOf, fix } from '../../support/doctor.js';
import { describeOnSqlite } from '../../support/databases.js';
import { addTag } from '../../support/crash-store.js';
import { aSymmetricKey, insertRows, newStorePath, rowsOf } from '../../support/store.js';

const member = (uid: string, generation: number, members: object = {}): ObjectRow =>
  aSymmetricKey(
    { uid },
    { RotateName: 'k', RotateGeneration: generation, RotateLatest: true, ...members },
  );

const CASES: readonly (readonly [
  string,
  readonly ObjectRow[],
  string | null,
  readonly string[],
])[] = [
  [
    'another object has the next uid',
    [member('k', 0), aSymmetricKey({ uid: 'k@1' })],
    null,
    ['uid-in-the-way k: told'],
  ],
  [
    'two members share a generation',
    [member('k', 0), member('other', 0)],
    null,
    ['uid-in-the-way k other: told'],
  ],
  [
    'tags are there under the next uid',
    [member('k', 0)],
    'k@1',
    ['rights-in-the-way k@1 k: repaired'],
  ],
  ['tags are there under a uid that nothing will get', [member('k', 0)], 'z@1', []],
  [
    'the highest generation is not Active',
    [member('k', 0), { ...member('k@1', 1), state: 'Deactivated' }],
    null,
    ['keyset-heads k k@1: told'],
  ],
  [
    'the highest generation is Destroyed',
    [member('k', 0), { ...member('k@1', 1), state: 'Destroyed' }],
    null,
    ['keyset-heads k k@1: told'],
  ],
  [
    'a member names a replacement outside the keyset',
    [
      member('k', 0, {
        Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'stray' }],
      }),
      member('k@1', 1),
      aSymmetricKey({ uid: 'stray' }, { RotateInterval: 0 }),
    ],
    null,
    ['keyset-heads k k@1: told', 'false-replacement k stray: told'],
  ],
  [
    'the highest generation has another owner',
    [member('k', 0), { ...member('k@1', 1), owner: 'bob' }],
    null,
    ['uid-in-the-way k: told'],
  ],
  [
    'the highest generation has another mask',
    [member('k', 0), member('k@1', 1, { CryptographicUsageMask: 4 })],
    null,
    ['keyset-heads k k@1: told'],
  ],
];

describeOnSqlite('findings about keysets', (database) => {
  for (const [title, rows, tagged, expected] of CASES) {
    it(`${title}: ${expected.join() || 'nothing'}`, async () => {
      const url = await newStorePath(database);
      await insertRows(url, rows);
      if (tagged !== null) await addTag(url, tagged, 'left');
      const before = await rowsOf(url);
      assert.deepEqual(codesOf(await fix(url)), expected);
      if (!expected.join().includes('repaired')) assert.deepEqual(await rowsOf(url), before);
    });
  }
});
