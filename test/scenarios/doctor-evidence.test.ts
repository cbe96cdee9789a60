// Single stores in which somebody could lose a key: what doctor does about each, and whom it leaves alone.
import assert from 'node:assert/strict';
import { runDoctor } from '../../src/doctor/run-doctor.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { addTag, AFTER_CRASH } from '../support/crash-store.js';
import { aCertificate } from '../support/dated-certificates.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { aKeyPair } from '../support/pairs.js';
import { contextOf } from '../support/run.js';
import { sql } from '../support/sql.js';
import { KEY_WRAP_PADDING, sealByAes } from '../support/wrapping/aes-and-rsa.js';
import { bytesOf, linksOf, readStore } from '../support/store-contents.js';
import {
  aSymmetricKey,
  dateOf,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  withStore,
} from '../support/store.js';

const OTHER = 'bob@example.org';
const NAME = (NameValue: string) => ({
  Name: [{ NameValue, NameType: 'UninterpretedTextString' }],
});
const linked = (...links: readonly (readonly [LinkType: string, to: string])[]) => ({
  Link: links.map(([LinkType, to]) => ({ LinkType, LinkedObjectIdentifier: to })),
});

/** What a server has made to replace an object, and died. */
const made = (uid: string, replaced: string, members: object = {}, row: Partial<ObjectRow> = {}) =>
  aSymmetricKey(
    { uid, intervalSeconds: null },
    {
      ...{ RotateInterval: 0, RotateGeneration: 1 },
      ...linked(['ReplacedObjectLink', replaced]),
      ...members,
    },
    row,
  );

const a = (members: object = {}, row: Partial<ObjectRow> = {}) =>
  aSymmetricKey({ uid: 'a' }, { ...members }, row);
/** As a server stores a key under `kek`. */
const WRAPPED = {
  object: JSON.stringify({
    SymmetricKey: {
      KeyBlock: {
        ...{ KeyFormatType: 'TransparentSymmetricKey', KeyValue: Array<number>(40).fill(7) },
        ...{ CryptographicAlgorithm: 'AES', CryptographicLength: 256 },
        KeyWrappingData: {
          WrappingMethod: 'Encrypt',
          EncryptionKeyInformation: {
            UniqueIdentifier: 'kek',
            CryptographicParameters: { BlockCipherMode: 'AESKeyWrapPadding' },
          },
          EncodingOption: 'NoEncoding',
        },
      },
    },
  }),
};

/** A key that a server has wrapped under one of the store. */
async function sealedUnder(url: string, under: string, uid: string): Promise<ObjectRow> {
  const key = bytesOf(await readStore(url), under)!;
  const ciphertext = [...sealByAes(key, KEY_WRAP_PADDING, Buffer.alloc(32, 9))];
  const object = WRAPPED.object
    .replace('"kek"', JSON.stringify(under))
    .replace(/"KeyValue":\[[\d,]*\]/, `"KeyValue":${JSON.stringify(ciphertext)}`);
  const members = linked(['WrappingKeyLink', under]);
  const row = { object, wrappingKeyId: under };
  return aSymmetricKey({ uid, intervalSeconds: null }, members, row);
}

/** By the clock of any database; one from the future is too young. */
const young = { InitialDate: dateOf(AFTER_CRASH + 50 * 365 * DAY) };

/** The rows, what else is there, what doctor says, and the states afterwards of those that it may touch. */
const CASES: readonly {
  readonly title: string;
  readonly rows: readonly ObjectRow[];
  readonly also?: (url: string) => Promise<unknown>;
  readonly argv?: readonly string[];
  readonly found: readonly string[];
  readonly active: string;
}[] = [
  {
    title: 'a leftover of another owner counts, whoever is asked about',
    rows: [a(), made('x', 'a'), made('y', 'a', young, { owner: OTHER })],
    argv: ['--owner', 'ops@example.org'],
    found: ['unfinished-rotation a x y: told'],
    active: 'a x y',
  },
  {
    title: 'findings about objects of other owners are not shown',
    rows: [a(), made('x', 'a')],
    argv: ['--owner', OTHER],
    found: [],
    active: 'a x',
  },
  {
    title: 'what replaces a leftover that nobody uses shows no use of it, once it is taken back',
    rows: [a(), made('x', 'a'), made('y', 'x', { RotateGeneration: 2 })],
    found: ['unfinished-rotation x y: repaired', 'unfinished-rotation a x: repaired'],
    active: 'a',
  },
  {
    title: 'a young replacement of a leftover keeps both rotations waiting',
    rows: [a(), made('x', 'a'), made('y', 'x', young)],
    found: ['unfinished-rotation a x: told', 'unfinished-rotation x y: told'],
    active: 'a x y',
  },
  {
    title: 'a young later generation of a leftover does too',
    rows: [
      a(),
      made('x', 'a', linked(['ReplacedObjectLink', 'a'], ['ReplacementObjectLink', 'y'])),
      made('y', 'x', young),
    ],
    found: ['unfinished-rotation a x: told'],
    active: 'a x y',
  },
  {
    title: 'every generation between a leftover and its latest is taken back with it',
    rows: [
      a(),
      made('x', 'a', linked(['ReplacedObjectLink', 'a'], ['ReplacementObjectLink', 'y'])),
      made('y', 'x', linked(['ReplacedObjectLink', 'x'], ['ReplacementObjectLink', 'z'])),
      made('z', 'y'),
    ],
    argv: ['--keep', 'a'],
    found: ['unfinished-rotation a x: repaired'],
    active: 'a',
  },
  {
    title: 'a leftover outside the keyset cannot become its next generation',
    rows: [a({ RotateName: 'a', RotateGeneration: 0 }), made('x', 'a')],
    also: (url) => addTag(url, 'x', 'used'),
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'an armed leftover is in use',
    rows: [a(), made('x', 'a', { RotateInterval: 60 * DAY })],
    found: ['unfinished-rotation a x: repaired'],
    active: 'x',
  },
  {
    title: 'a key that was renamed since its rotation began, or a leftover that somebody has named',
    rows: [a(NAME('n')), made('x', 'a', NAME('other'))],
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'a leftover with the name of the replaced key is not',
    rows: [a(NAME('n')), made('x', 'a', NAME('n'))],
    found: ['unfinished-rotation a x: repaired'],
    active: 'a',
  },
  {
    title: 'a leftover that cannot be read might be any',
    rows: [a(), made('x', 'a'), made('y', 'a', { RotateGeneration: 'two' })],
    found: ['unfinished-rotation a x: told', 'unreadable-row y: told'],
    active: 'a x y',
  },
  {
    title: 'a link that names nothing is no name of a replacement',
    rows: [a(linked(['ReplacementObjectLink', 'gone']), { state: 'Deactivated' }), made('x', 'a')],
    found: ['broken-link a gone: told', 'unfinished-rotation a x: told'],
    active: 'x',
  },
  {
    title: 'a retired key with one leftover that a rotation would not have made',
    rows: [a({}, { state: 'Deactivated' }), made('x', 'a', { CryptographicUsageMask: 4 })],
    found: ['unfinished-rotation a x: told'],
    active: 'x',
  },
  {
    title: 'a key of another kind that somebody has linked by hand',
    rows: [
      a(),
      aSymmetricKey(
        { uid: 'x', algorithm: 'ChaCha20', intervalSeconds: null },
        linked(['ReplacedObjectLink', 'a']),
      ),
    ],
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'a leftover of an imported key, which says nothing of its length',
    rows: [a({ CryptographicLength: undefined }), made('x', 'a')],
    found: ['unfinished-rotation a x: repaired'],
    active: 'a',
  },
  {
    title: 'a key that somebody has made and linked by hand',
    rows: [a(), made('x', 'a', { RotateGeneration: undefined })],
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'a replaced key whose wrapping key is gone cannot take the place of its leftover',
    rows: [
      a({}, { object: WRAPPED.object.replaceAll('"kek"', '"gone"'), wrappingKeyId: 'gone' }),
      made('x', 'a'),
    ],
    found: ['unfinished-rotation a x: told', 'unreadable-dependant a gone: told'],
    active: 'a x',
  },
  {
    title: 'a key that was created again under the uid of one that was replaced and deleted',
    rows: [a({ InitialDate: dateOf(AFTER_CRASH - DAY) }), made('x', 'a')],
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'the same in a keyset',
    rows: [
      aSymmetricKey(
        { uid: 'k' },
        { RotateName: 'k', RotateGeneration: 0, InitialDate: dateOf(AFTER_CRASH - DAY) },
      ),
      made('k@1', 'k', { RotateName: 'k' }),
    ],
    found: ['keyset-heads k k@1: told'],
    active: 'k k@1',
  },
  {
    title: 'a key that a leftover names without being its replacement is no heir',
    rows: [
      a(),
      made('x', 'a', linked(['ReplacedObjectLink', 'a'], ['ReplacementObjectLink', 'q'])),
      aSymmetricKey({ uid: 'q', intervalSeconds: null }),
    ],
    found: ['unfinished-rotation a x: told'],
    active: 'a q x',
  },
  {
    title: 'a leftover that another key names as its replacement, too',
    rows: [
      a(),
      made('x', 'a'),
      aSymmetricKey({ uid: 'b', intervalSeconds: null }, linked(['ReplacementObjectLink', 'x']), {
        state: 'Deactivated',
      }),
    ],
    found: ['broken-link b x: told', 'unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'a valid certificate is not taken back in favour of one that has expired',
    rows: [
      aCertificate({
        id: 'a',
        notAfter: AFTER_CRASH - DAY,
        members: { InitialDate: dateOf(JANUARY) },
      }),
      aCertificate({
        id: 'x',
        notAfter: AFTER_CRASH + DAY,
        members: {
          ...{ InitialDate: dateOf(JANUARY), RotateGeneration: 1 },
          ...linked(['ReplacedObjectLink', 'a']),
        },
      }),
    ],
    found: ['unfinished-rotation a x: told'],
    active: 'a x',
  },
  {
    title: 'a highest generation that does not open',
    rows: [
      aSymmetricKey({ uid: 'kek', intervalSeconds: null }),
      aSymmetricKey(
        { uid: 'k' },
        { RotateName: 'k', RotateGeneration: 0 },
        { ...WRAPPED, wrappingKeyId: 'kek' },
      ),
      made('k@1', 'k', { RotateName: 'k' }, { ...WRAPPED, wrappingKeyId: 'kek' }),
    ],
    found: ['keyset-heads k k@1: told'],
    active: 'k k@1 kek',
  },
  {
    title: 'members of a keyset that do not say that they replace each other',
    rows: [
      aSymmetricKey({ uid: 'k' }, { RotateName: 'k', RotateGeneration: 0 }),
      aSymmetricKey({ uid: 'k@1' }, { RotateName: 'k', RotateGeneration: 1 }),
    ],
    found: ['keyset-heads k k@1: told'],
    active: 'k k@1',
  },
];

const sorted = (texts: readonly string[]) => [...texts].sort();

async function activeIn(url: string): Promise<string> {
  const { objects } = await readStore(url);
  const active = [...objects.values()].filter(({ row }) => row.state === 'Active');
  return sorted(active.map(({ row }) => row.id)).join(' ');
}

describeOnSqlite('what doctor takes for proved', (database) => {
  for (const { title, rows, also, argv = [], found, active } of CASES) {
    it(`${title}: ${found.join(', ') || 'nothing'}`, async () => {
      const url = await newStorePath(database);
      await insertRows(url, rows);
      await also?.(url);
      const report = await fix(url, argv);
      assert.deepEqual(sorted(codesOf(report)), sorted(found), JSON.stringify(report.findings));
      assert.equal(await activeIn(url), active);
    });
  }

  it('leaves the public key of another pair alone, whatever its uid', async () => {
    const url = await newStorePath(database);
    const halves = async (uid: string, privateMembers: object) => {
      const { privateKey, publicKey } = await aKeyPair({
        uid,
        privateMembers: { ...privateMembers },
      });
      return [privateKey.row, publicKey.row] as const;
    };
    const [key] = await halves('a', { RotateInterval: 30 * DAY, Link: [] });
    const [, other] = await halves('b', {});
    const left = linked(['PublicKeyLink', 'x_pk'], ['ReplacedObjectLink', 'a']);
    const rows = await halves('x', { ...left, RotateGeneration: 1 });
    await insertRows(url, [key, { ...other, id: 'a_pk' }, ...rows]);
    await addTag(url, 'x', 'used');
    const { findings } = await fix(url, ['--only', 'unfinished-rotation']);
    assert.deepEqual(codesOf({ findings }), ['unfinished-rotation a x x_pk: told']);
    assert.equal(await activeIn(url), 'a a_pk x x_pk');
  });

  it('gives the schedule that it has passed on back to a key whose cached row a server has written', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a({ RotateOffset: DAY }), made('x', 'a')]);
    await addTag(url, 'x', 'used');
    await fix(url);
    await setAttributes(url, 'x', { RotateInterval: 0, RotateOffset: undefined });
    assert.deepEqual(codesOf(await fix(url)), ['lost-schedule x a: repaired']);
    const { column } = (await readStore(url)).objects.get('x')!;
    assert.deepEqual([column['RotateInterval'], column['RotateOffset']], [30 * DAY, DAY]);
    assert.deepEqual(codesOf(await fix(url)), []);
  });

  it('does nothing that was found only after the question was asked', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a(), made('x', 'a'), made('y', 'x', { RotateGeneration: 2 })]);
    const { findings } = await doctor(url);
    const [asked] = findings.filter(({ outcome }) => outcome === 'would-repair');
    const confirmed = new Set([JSON.stringify([asked?.code, asked?.uids, asked?.repair])]);
    const { results } = await withStore(url, (store) => runOn(store, { confirmed }));
    assert.deepEqual(
      results.map(({ finding, outcome }) => `${finding.uids[0]}: ${outcome}`),
      ['x: repaired', 'a: told'],
    );
    assert.equal(await activeIn(url), 'a x');
  });
});

type OpenStore = Parameters<Parameters<typeof withStore>[1]>[0];

const runOn = (store: OpenStore, options: object = {}) =>
  runDoctor({
    ...contextOf(store, AFTER_CRASH),
    store,
    serverKek: { uid: 'none', mayBeRotated: false },
    options: { only: [], owner: undefined, minAgeSeconds: 3600, keep: [], ...options },
  });

/** What comes between the look and the commit, and which keys are Active in the end. */
const MEANWHILE: readonly (readonly [string, (url: string) => Promise<unknown>, string])[] = [
  ['a tag', (url) => addTag(url, 'x', 'used'), 'x'],
  [
    'a grant',
    (url) =>
      sql(url, `INSERT INTO read_access (id, userid, permissions) VALUES ('x', 'bob', '["get"]')`),
    'x',
  ],
  [
    'a link',
    (url) =>
      insertRows(url, [aSymmetricKey({ uid: 'd' }, linked(['DerivationBaseObjectLink', 'x']))]),
    'd x',
  ],
  ['another leftover, of this minute', (url) => insertRows(url, [made('y', 'a', young)]), 'a x y'],
  [
    'a replacement of the leftover, of this minute',
    (url) => insertRows(url, [made('y', 'x', young)]),
    'a x y',
  ],
  [
    'the second half of the rotation',
    (url) =>
      changeRow(url, 'a', {
        state: 'Deactivated',
        attributes: a(linked(['ReplacementObjectLink', 'x'])).attributes,
      }),
    'x',
  ],
];

describeEachDatabase('doctor beside a server', (database) => {
  it('completes a rotation whose replaced key was retired: policy, names, tags and the rights of both go on', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a(NAME('late'), { state: 'Deactivated' }), made('x', 'a', NAME('n'))]);
    await addTag(url, 'a', 'env');
    const granting = 'INSERT INTO read_access (id, userid, permissions) VALUES (?, ?, ?)';
    await sql(url, granting, 'a', 'bob', '["get","encrypt"]');
    await sql(url, granting, 'x', 'bob', '["decrypt","get"]');
    assert.deepEqual(codesOf(await fix(url)), ['unfinished-rotation a x: repaired']);
    const { objects, tags, grants } = await readStore(url);
    const { column } = objects.get('x')!;
    assert.equal(column['RotateInterval'], 30 * DAY);
    assert.match(JSON.stringify(column['Name']), /"n".*"late"/);
    assert.deepEqual(tags.get('x'), ['_kk', 'env']);
    const [grant] = grants.get('x') ?? [];
    assert.equal(grant?.replaceAll(' ', ''), 'bob["decrypt","get","encrypt"]');
    assert.deepEqual(linksOf(objects.get('a')!.column, 'ReplacementObjectLink'), ['x']);
    const [logged] = await sql<{ message: string }>(
      url,
      `SELECT message FROM kms_rotation_log WHERE outcome = 'completed'`,
    );
    assert.match(logged?.message ?? '', /"late"/);
  });

  for (const [title, meddle, active] of MEANWHILE) {
    it(`sees ${title} that comes between its look and its commit`, async () => {
      const url = await newStorePath(database);
      await insertRows(url, [a(), made('x', 'a')]);
      await withStore(url, async (store) => {
        let applied = 0;
        const apply: OpenStore['apply'] = async (units) => {
          if ((applied += 1) === 1) await meddle(url);
          return store.apply(units);
        };
        await runOn({ ...store, apply });
        assert.ok(applied > 0);
      });
      assert.equal(await activeIn(url), active);
    });
  }

  it('sees a member of a keyset that comes between its look and its commit', async () => {
    const url = await newStorePath(database);
    const member = (uid: string, generation: number, members: object) =>
      made(uid, generation === 1 ? 'k' : `k@${generation - 1}`, {
        RotateName: 'k',
        RotateGeneration: generation,
        RotateLatest: true,
        ...members,
      });
    const first = aSymmetricKey({ uid: 'k' }, { RotateName: 'k', RotateGeneration: 0 });
    await insertRows(url, [first, member('k@1', 1, {})]);
    await withStore(url, async (store) => {
      let applied = 0;
      const apply: OpenStore['apply'] = async (units) => {
        if ((applied += 1) === 1) await insertRows(url, [member('k@2', 2, young)]);
        return store.apply(units);
      };
      await runOn({ ...store, apply });
    });
    assert.equal(await activeIn(url), 'k k@1 k@2');
  });

  it('puts what a server has wrapped under a key taken back since under the live one', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a(), made('x', 'a')]);
    await fix(url);
    await insertRows(url, [await sealedUnder(url, 'x', 'd')]);
    assert.deepEqual(codesOf(await fix(url)), ['stale-dependant d x: repaired']);
    assert.equal((await readStore(url)).objects.get('d')?.row.wrapping_key_id, 'a');
  });

  it('finds what a server has moved to a key taken back, and to no other, when it finished its rotation', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a(), made('x', 'a')]);
    await fix(url);
    const { attributes } = a(linked(['ReplacementObjectLink', 'x']));
    await changeRow(url, 'a', { state: 'Deactivated', attributes });
    await insertRows(url, [await sealedUnder(url, 'x', 'd')]);
    assert.deepEqual(codesOf(await fix(url)), [
      'no-live-key x a: repaired',
      'stale-dependant d x: repaired',
    ]);
    const { objects } = await readStore(url);
    const [live = ''] = linksOf(objects.get('a')!.column, 'ReplacementObjectLink');
    assert.equal(objects.get('d')?.row.wrapping_key_id, live);
    assert.equal(objects.get(live)?.row.state, 'Active');
    assert.deepEqual(codesOf(await fix(url)), []);
  });

  it('takes a link in other letters for one to the key, where the database does', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [a(), made('x', 'a'), made('y', 'A', young)]);
    const found = await sql(url, `SELECT id FROM objects WHERE id = 'A'`);
    await fix(url);
    assert.equal(await activeIn(url), found.length === 1 ? 'a x y' : 'a y');
  });
});
