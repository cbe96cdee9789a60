// Re-Key Key Pair compared with the server’s: the rows that a whole run of ours wrote against those that it wrote
// for the same pairs, member by member; and by whether the new pairs work. Every difference that is allowed is named here, with the reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { linkTo } from '../../../src/kmip/attributes.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../../../src/kmip/managed-object.js';
import type { RotationResult } from '../../../src/report/rotation-result.js';
import { describeGolden, goldenCopy, goldenPath } from '../../support/golden.js';
import { checkedByOpenssl, needNodeWithOpenssl35, type PqcPair } from '../../support/openssl-35.js';
import { asPqcPair, pairFaults } from '../../support/pair-faults.js';
import { runDue, runOne } from '../../support/run.js';
import { differences, levelled as levelledText, type View } from '../../support/row-view.js';
import { adopt, rowsOf } from '../../support/store.js';
import { unwrapStore, type UnwrappedStore } from '../../support/wrapping/unwrap-store.js';
import { childOf, numberIn, readItem, type Item } from '../../support/wrapping/ttlv.js';

/** 2026-02-20T08:00:00Z, when the server rotated. */
const NOW = 1_771_574_400;

type Objects = ReadonlyMap<string, ManagedObject>;

const HALVES = ['private', 'public'] as const;

const ALWAYS = [
  // The server clears the rotation flags of a replaced key in the column only.
  ...HALVES.flatMap((key) =>
    ['RotateGeneration', 'RotateInterval', 'RotateLatest'].map(
      (member) => `${key}.replaced.embedded.${member}`,
    ),
  ),
  // The schedule goes on: the server leaves a manual rotation's replacement disarmed.
  'private.replacement.column.RotateInterval',
];

/** What follows from a curve that the server did not keep: it made Curve25519 of P-384. */
const OTHER_CURVE = HALVES.flatMap((key) => [
  ...['column', 'embedded'].flatMap((copy) => [
    `${key}.replacement.${copy}.CryptographicDomainParameters`,
    `${key}.replacement.${copy}.CryptographicLength`,
  ]),
  `${key}.replacement.block.CryptographicLength`,
  `${key}.replacement.block.curve`,
]);

/** User tags are carried over. */
const TAGGED = HALVES.flatMap((key) =>
  ['column', 'embedded'].map((copy) => `${key}.replacement.${copy}.Attribute`),
);

describeGolden('Re-Key Key Pair against the server (golden stores)', () => {
  const rotated = JSON.parse(readFileSync(goldenPath('rotated-sqlite.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const objectsOf = async (url: string) =>
    new Map(
      (await rowsOf(url)).map(({ wrapping_key_id: wrappingKeyId, ...row }) => [
        row.id,
        decodeRow({ ...row, wrappingKeyId }),
      ]),
    );
  let original: Objects;
  let ours: Objects;
  let theirs: Objects;
  let unwrapped: UnwrappedStore;
  let theirUnwrapped: UnwrappedStore;
  let pairs: readonly RotationResult[];
  before(async function () {
    this.timeout(120_000);
    const url = await adopt(goldenCopy('store.sqlite'));
    original = await objectsOf(url);
    const byServer = goldenCopy('store-rotated.sqlite');
    theirs = await objectsOf(byServer);
    theirUnwrapped = await unwrapStore(byServer);
    const report = await runDue(url, NOW);
    pairs = report.results.filter(({ flow }) => flow === 'key-pair');
    ours = await objectsOf(url);
    unwrapped = await unwrapStore(url);
  });

  it('rotates every pair that is due, each with one result that names both keys', () => {
    assert.equal(pairs.length, 28);
    const failed = pairs.filter(({ outcome }) => outcome !== 'rotated');
    assert.deepEqual(failed.map(({ uid, error }) => `${uid}: ${error?.reason ?? ''}`).sort(), []);
    for (const { uid, replacementUid, publicKeyUid, publicKeyReplacementUid } of pairs) {
      const links = original.get(uid)!.attributes;
      assert.equal(publicKeyUid, linkTo(links, 'PublicKeyLink'));
      assert.equal(publicKeyReplacementUid, `${replacementUid!}_pk`);
    }
  });

  it('writes for both keys of every pair what the server writes, but for the named differences', () => {
    let compared = 0;
    const ourKek = linkTo(ours.get('kek')!.attributes, 'ReplacementObjectLink')!;
    for (const { uid, replacementUid, publicKeyUid } of pairs) {
      const byServer = rotated[uid];
      if (typeof byServer !== 'string') continue;
      const rows = (objects: Objects, newUid: string) =>
        [uid, newUid, publicKeyUid!, `${newUid}_pk`].map((one) => objects.get(one)!.row);
      const found = differences(
        viewOf(rows(ours, replacementUid!), unwrapped, ourKek),
        viewOf(rows(theirs, byServer), theirUnwrapped, rotated['kek'] as string),
      );
      assert.deepEqual(found, expectedOf(original.get(uid)!), uid);
      compared += 1;
    }
    assert.equal(compared, 12);
  });

  it('re-wraps what a pair wrapped as the server does, but for the named differences', () => {
    const dependants = ['rsa-kek-dep', 'rsa-kek-dep-akw'];
    const newUid = pairs.find(({ uid }) => uid === 'rsa-kek')!.replacementUid!;
    for (const uid of dependants) {
      const found = differences(
        dependantView(unwrapped, uid, newUid),
        dependantView(theirUnwrapped, uid, rotated['rsa-kek'] as string),
      );
      // A wrapped import has no vendor attribute wrapping_key_id; the server adds one.
      assert.deepEqual(found, ['dependant.column.Attribute'], uid);
    }
  });

  it('stores pairs that work, each private key with its own public key', function () {
    const postQuantum: PqcPair[] = [];
    for (const { uid, replacementUid, publicKeyReplacementUid } of pairs) {
      const [privateKey, publicKey] = [replacementUid, publicKeyReplacementUid].map((key) =>
        unwrapped.objects.get(key!)!,
      );
      const pqc = asPqcPair(privateKey!, publicKey!);
      if (pqc !== null) postQuantum.push(pqc);
      else assert.deepEqual(pairFaults(privateKey!, publicKey!), [], uid);
    }
    assert.equal(postQuantum.length, 8);
    const node = needNodeWithOpenssl35(this);
    assert.deepEqual(
      checkedByOpenssl(node, postQuantum),
      postQuantum.map(({ name }) => ({ name, belongs: true, works: true, same: true })),
    );
  });

  it('leaves a pair that an Active certificate names, by links of either', async () => {
    const url = await adopt(goldenCopy('store.sqlite'));
    const named = [...original.values()].filter(
      ({ objectType, attributes }) =>
        objectType === 'PrivateKey' && linkTo(attributes, 'CertificateLink') !== null,
    );
    assert.equal(named.length, 7);
    // The last is named by its public key and its certificate alone.
    for (const uid of [named[0]!.uniqueIdentifier, 'service']) {
      const { results } = await runOne(url, uid, NOW);
      assert.equal(results[0]?.error?.reason, 'CertificateInUse', uid);
    }
  });
});

function expectedOf({ attributes, keyBlock }: ManagedObject): readonly string[] {
  const kept =
    keyBlock?.keyFormatType === 'PKCS8' &&
    linkTo(attributes, 'PublicKeyLink') === 'imported-secp384r1_pk';
  // A wrapped object has one copy of its attributes.
  const wrapped = keyBlock?.keyWrappingData != null;
  return [
    ...ALWAYS.filter((name) => !wrapped || !name.includes('.embedded.')).filter(
      // One enrolled in a keyset says its generation in both copies already.
      (name) =>
        attributes.rotateName === null || name !== 'private.replaced.embedded.RotateGeneration',
    ),
    ...(kept ? OTHER_CURVE : []),
    ...(attributes.tags.length > 1 ? TAGGED : []),
  ].sort();
}

/** Everything that stands in the rows of a replaced pair and its replacement, random values and names levelled. */
function viewOf(rows: readonly ObjectRow[], { objects }: UnwrappedStore, kek: string): View {
  const view: Record<string, unknown> = {};
  const newUid = rows[1]!.id;
  const names: Record<string, string> = {
    [newUid]: 'NEW',
    [`${newUid}_pk`]: 'NEW_pk',
    [kek]: 'KEK',
  };
  const roles = HALVES.flatMap((key) => [`${key}.replaced`, `${key}.replacement`]);
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
    if (Array.isArray(KeyValue)) {
      note('block', { ...block, type });
      const plaintext = objects.get(row.id)!.plaintext!;
      Object.assign(view, insideOf(`${role}.inside`, plaintext, names));
    } else {
      note('embedded', KeyValue.Attributes);
      const { KeyMaterial: material } = KeyValue;
      note('block', {
        ...block,
        type,
        curve: material['RecommendedCurve'] ?? null,
        members: Array.isArray(material) ? material.length : Object.keys(material).sort(),
      });
    }
    note('row', {
      uid: names[row.id] ?? row.id,
      state: row.state,
      owner: row.owner,
      wrapping: row.wrappingKeyId,
    });
  }
  return view;
}

/** Attributes that differ from pair to pair: domain parameters, length, digest. */
const RANDOM = [0x420029, 0x42002a, 0x420034];

/** What wrapping encrypted: the material's curve and the attributes beside it, tag by tag. */
function insideOf(role: string, plaintext: string, names: Readonly<Record<string, string>>): View {
  const keyValue = readItem(Buffer.from(plaintext, 'hex'));
  const [material, attributes, ...more] = keyValue.children;
  const tag = (item: Item) => item.tag.toString(16);
  const valueOf = (item: Item) => {
    if (RANDOM.includes(item.tag)) return 'RANDOM';
    const number = item.type === DATE_TIME ? Number(numberIn(item)) : null;
    if (number !== null) return number >= NOW && number <= NOW + 2 ? 'NOW' : number;
    return Object.entries(names).reduce(
      (text, [uid, name]) => text.replaceAll(uid, name),
      item.value.toString('latin1'),
    );
  };
  return {
    [`${role}.material`]: material!.children.map(tag),
    [`${role}.curve`]: childOf(material!, 'RecommendedCurve').value.toString('hex'),
    [`${role}.more`]: more.length,
    ...Object.fromEntries(
      attributes!.children.map((item) => [`${role}.${tag(item)}`, valueOf(item)]),
    ),
  };
}

const DATE_TIME = 9;

/** What stands in the row of a dependant, but for its ciphertext. */
function dependantView({ objects }: UnwrappedStore, uid: string, wrappingUid: string): View {
  const { row, plaintext } = objects.get(uid)!;
  const names = { [`${wrappingUid}_pk`]: 'NEW_pk' };
  const [{ KeyBlock }] = Object.values(
    JSON.parse(row.object) as Record<string, { KeyBlock: Block }>,
  ) as [{ KeyBlock: Block }];
  const { KeyValue, ...block } = KeyBlock;
  const members = {
    ...Object.fromEntries(
      Object.entries(JSON.parse(row.attributes) as object).map(([name, value]) => [
        `column.${name}`,
        levelled(name, value, names),
      ]),
    ),
    block: levelled('block', block, names),
    wrapped: Array.isArray(KeyValue),
    plaintext,
    row: levelled('row', [row.state, row.owner, row.wrapping_key_id], names),
  };
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [`dependant.${name}`, value]),
  );
}

interface Block {
  readonly KeyValue: {
    readonly KeyMaterial: Readonly<Record<string, unknown>>;
    readonly Attributes: object;
  };
}

/** A scalar may begin with zeros, in theirs or in ours. */
function levelled(member: string, value: unknown, names: Record<string, string>): string {
  const text = levelledText(member, value, names) ?? '';
  return member === 'CryptographicLength'
    ? text.replace(/^24[08]$/, '256')
    : text.replace(/"Qlength":2(5[0-6]|4\d)\b/, '"Qlength":256');
}
