// Re-Key Key Pair judged by the server itself: our rows of both halves against those that it wrote for the same
// pairs, member by member. Every difference that is allowed is named here, with the reason.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { generateKeyPair } from '../../src/crypto/key-pair.js';
import type { Change, Occasion } from '../../src/flows/change.js';
import { kindOfSoundPair, soundPair, type Pair } from '../../src/flows/pair.js';
import { rekeyKeyPair } from '../../src/flows/rekey-key-pair.js';
import { linkTo } from '../../src/kmip/attributes.js';
import { decodeKeyMaterial } from '../../src/kmip/key-material.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../../src/kmip/managed-object.js';
import { describeEachGolden, goldenPath, goldenStore } from '../support/golden.js';
import { sql } from '../support/sql.js';
import type { StoredRow } from '../support/store.js';

/** 2026-02-20T08:00:00Z, when the server rotated. */
const NOW = 1_771_574_400;

const OCCASION = {
  now: NOW,
  firstDeadline: 'offset',
  disarm: false,
  newUid: () => 'REPLACEMENT',
} as unknown as Occasion;

const HALVES = ['private', 'public'] as const;

const ALWAYS = [
  // The server clears the rotation flags of a replaced key in the column only.
  ...HALVES.flatMap((half) =>
    ['RotateGeneration', 'RotateInterval', 'RotateLatest'].map(
      (member) => `${half}.replaced.embedded.${member}`,
    ),
  ),
  // The schedule goes on: the server leaves a manual rotation's replacement disarmed.
  'private.replacement.column.RotateInterval',
];

/** What follows from a curve that the server did not keep: it made Curve25519 of P-384. */
const OTHER_CURVE = HALVES.flatMap((half) => [
  ...['column', 'embedded'].flatMap((copy) => [
    `${half}.replacement.${copy}.CryptographicDomainParameters`,
    `${half}.replacement.${copy}.CryptographicLength`,
  ]),
  `${half}.replacement.block.CryptographicLength`,
  `${half}.replacement.block.curve`,
]);

/** User tags are carried over. */
const TAGGED = HALVES.flatMap((half) =>
  ['column', 'embedded'].map((copy) => `${half}.replacement.${copy}.Attribute`),
);

describeEachGolden('Re-Key Key Pair against the server (golden stores)', (database) => {
  // A suite that is skipped reads nothing.
  const file = goldenPath(`rotated-${database.name}.json`);
  const rotated = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
    : {};
  let original: ReadonlyMap<string, ManagedObject>;
  let after: ReadonlyMap<string, ManagedObject>;
  const objectsOf = async (name: string) => {
    const rows = await sql<StoredRow>(await goldenStore(database, name), 'SELECT * FROM objects');
    return new Map(
      rows.map(({ wrapping_key_id: wrappingKeyId, ...row }) => [
        row.id,
        decodeRow({ ...row, wrappingKeyId }),
      ]),
    );
  };
  before(async () => {
    original = await objectsOf('store');
    after = await objectsOf('store-rotated');
  });

  it('writes for both halves of every unwrapped pair what the server writes, but for the named differences', async () => {
    let pairs = 0;
    for (const [uid, replacementUid] of Object.entries(rotated)) {
      const privateKey = original.get(uid);
      if (privateKey?.objectType !== 'PrivateKey' || typeof replacementUid !== 'string') continue;
      if (privateKey.keyBlock?.keyMaterial == null) continue; // wrapped
      const pair = pairOf(privateKey, original);
      const ours = await rotatedByUs(pair);
      const theirs = HALVES.flatMap((half) => {
        const replaced = pair[`${half}Key`].uniqueIdentifier;
        const replacement = half === 'private' ? replacementUid : `${replacementUid}_pk`;
        return [after.get(replaced)!.row, after.get(replacement)!.row];
      });
      const found = differences(viewOf(ours.map(afterwards)), viewOf(theirs));
      assert.deepEqual(found, expectedOf(privateKey), uid);
      pairs += 1;
    }
    assert.equal(pairs, 11);
  });
});

function expectedOf({ attributes, keyBlock }: ManagedObject): readonly string[] {
  const kept =
    keyBlock?.keyFormatType === 'PKCS8' &&
    linkTo(attributes, 'PublicKeyLink') === 'imported-secp384r1_pk';
  return [
    ...ALWAYS.filter(
      // One enrolled in a keyset says its generation in both copies already.
      (name) =>
        attributes.rotateName === null || name !== 'private.replaced.embedded.RotateGeneration',
    ),
    ...(kept ? OTHER_CURVE : []),
    ...(attributes.tags.length > 1 ? TAGGED : []),
  ].sort();
}

function pairOf(privateKey: ManagedObject, objects: ReadonlyMap<string, ManagedObject>): Pair {
  const publicKey = objects.get(linkTo(privateKey.attributes, 'PublicKeyLink') ?? '');
  return soundPair({ privateKey, publicKey, certificates: [] });
}

async function rotatedByUs(pair: Pair): Promise<readonly Change[]> {
  const half = ({ keyBlock }: ManagedObject) => ({
    keyFormatType: keyBlock!.keyFormatType,
    material: decodeKeyMaterial(keyBlock!.keyFormatType, keyBlock!.keyMaterial, 'material'),
  });
  const halves = { privateHalf: half(pair.privateKey), publicHalf: half(pair.publicKey) };
  const generated = await generateKeyPair(kindOfSoundPair(pair, halves));
  const { changes } = rekeyKeyPair(pair, OCCASION, generated);
  // Replaced before replacement, private before public, as the view takes them.
  const [createOne, replaceOne, createOther, replaceOther] = changes;
  return [replaceOne!, createOne!, replaceOther!, createOther!];
}

function afterwards(change: Change): ObjectRow {
  return change.kind === 'create' ? change.row : change.after;
}

type View = Readonly<Record<string, unknown>>;

/** Everything that stands in the rows of a replaced pair and its replacement, random values and names levelled. */
function viewOf(rows: readonly ObjectRow[]): View {
  const view: Record<string, unknown> = {};
  const newUid = rows[1]!.id;
  const names: Record<string, string> = { [newUid]: 'NEW', [`${newUid}_pk`]: 'NEW_pk' };
  const roles = HALVES.flatMap((half) => [`${half}.replaced`, `${half}.replacement`]);
  for (const [index, role] of roles.entries()) {
    const row = rows[index]!;
    const object = JSON.parse(row.object) as Record<string, { KeyBlock: Block }>;
    const [type, { KeyBlock }] = Object.entries(object)[0]!;
    const { KeyValue, ...block } = KeyBlock;
    const note = (at: string, members: object) => {
      for (const [member, value] of Object.entries(members)) {
        view[`${role}.${at}.${member}`] = levelled(member, value, names);
      }
    };
    note('column', JSON.parse(row.attributes) as object);
    note('embedded', KeyValue.Attributes);
    const { KeyMaterial: material } = KeyValue;
    note('block', {
      ...block,
      type,
      curve: material['RecommendedCurve'] ?? null,
      members: Array.isArray(material) ? material.length : Object.keys(material).sort(),
    });
    note('row', {
      uid: names[row.id] ?? row.id,
      state: row.state,
      owner: row.owner,
      wrapping: row.wrappingKeyId,
    });
  }
  return view;
}

interface Block {
  readonly KeyValue: {
    readonly KeyMaterial: Readonly<Record<string, unknown>>;
    readonly Attributes: object;
  };
}

function levelled(member: string, value: unknown, names: Record<string, string>): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'DigestValue') return 'DIGEST';
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) {
      // PostgreSQL and MySQL put members in an order of their own.
      return Object.fromEntries(
        Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)),
      );
    }
    return typeof inner === 'string' ? (names[inner] ?? inner) : inner;
  });
  // The rotation took the server two seconds; ours stands still at its first.
  if (member.endsWith('Date')) return text.replace(/^\[2026,51,8,0,[0-2],0,0,0,0\]$/, 'NOW');
  // A scalar may begin with zeros, in theirs or in ours.
  return member === 'CryptographicLength'
    ? text.replace(/^24[08]$/, '256')
    : text.replace(/"Qlength":2(5[0-6]|4\d)\b/, '"Qlength":256');
}

function differences(ours: View, theirs: View): readonly string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names]
    .filter((name) => JSON.stringify(ours[name]) !== JSON.stringify(theirs[name]))
    .sort();
}
