// The unwrapping of tests: by the keys that the real server exported, and by faults that it must see.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { sqlite } from '../databases.js';
import { describeGolden, goldenCopy, GOLDEN_SQLITE, goldenPath } from '../golden.js';
import { sql } from '../sql.js';
import { insertRows, newStorePath } from '../store.js';
import { grow } from './forest.js';
import { plant } from './plant.js';
import {
  unwrapStore,
  materialsIn,
  type UnwrappedObject,
  type UnwrappedStore,
} from './unwrap-store.js';
import { plainBytes, rsaPrivateKeyOf } from './material.js';
import { childOf, numberIn, readItem, type Tag } from './ttlv.js';

interface Known {
  readonly hex?: string | null;
  readonly keyMaterial?: readonly { readonly tag: string; readonly value: string }[];
  readonly error?: string;
}

describeGolden('unwrapStore', () => {
  for (const name of GOLDEN_SQLITE) {
    it(`opens everything in ${name} to what the server exported`, async () => {
      const known = name.startsWith('store') ? 'sqlite' : name;
      const unwrapped = await unwrapStore(goldenCopy(`${name}.sqlite`));
      assert.deepEqual(unwrapped.problems, []);
      assert.ok(assertKnown(unwrapped, known) > 0);
    });
  }

  it('finds what the server left under a retired wrapping key', async () => {
    const { underRetired } = await unwrapStore(goldenCopy('store-rotated.sqlite'));
    assert.deepEqual(underRetired, ['kek-dep-bob', 'kek-nested-dep']);
    const before = await unwrapStore(goldenCopy('store.sqlite'));
    assert.deepEqual(before.underRetired, []);
  });

  it('names every object whose ciphertext is not whole', async () => {
    const store = goldenCopy('store.sqlite');
    const wrapped = [...(await unwrapStore(store)).objects.values()].filter(isWrapped);
    assert.equal(wrapped.length, 21);
    // From the leaves up, for what is below a broken key cannot be opened either.
    for (const { uid } of wrapped) await changeObject(store, uid, (text) => flipped(text));
    const { problems } = await unwrapStore(store);
    for (const { uid } of wrapped) {
      assert.ok(
        problems.some((problem) => problem.startsWith(`${uid}: `)),
        uid,
      );
    }
  });

  const FAULTS = {
    'a column that is empty': ['wrapping_key_id', () => null],
    'a column that names another key': ['wrapping_key_id', () => 'kek-not-due'],
    'a link to another key': [
      'attributes',
      (text: string) =>
        text.replace('"LinkedObjectIdentifier":"kek"', '"LinkedObjectIdentifier":"aes256"'),
    ],
    'a vendor attribute that names another key': [
      'attributes',
      (text: string) => text.replace('"_c":"kek"', '"_c":"aes256"'),
    ],
    'bytes that name a key which is not there': [
      'object',
      (text: string) => text.replace('"UniqueIdentifier":"kek"', '"UniqueIdentifier":"gone"'),
    ],
    'bytes that name another key': [
      'object',
      (text: string) => text.replace('"UniqueIdentifier":"kek"', '"UniqueIdentifier":"aes256"'),
    ],
    'an unknown mode': ['object', (text: string) => text.replace('AESKeyWrapPadding', 'XTS')],
    'a label that is not that of its bytes': [
      'object',
      (text: string) => text.replace('AESKeyWrapPadding', 'NISTKeyWrap'),
    ],
    'another digest': [
      'attributes',
      (text: string) => text.replace('"DigestValue":[88', '"DigestValue":[89'),
    ],
  } as const;
  for (const [fault, [column, change]] of Object.entries(FAULTS)) {
    it(`names ${fault}`, async () => {
      const store = goldenCopy('store.sqlite');
      const [row] = await sql<Record<string, string>>(
        store,
        `SELECT ${column} AS was FROM objects WHERE id = 'kek-dep-aes'`,
      );
      const changed = change(row!['was']!);
      assert.notEqual(changed, row!['was']);
      await sql(store, `UPDATE objects SET ${column} = ? WHERE id = 'kek-dep-aes'`, changed);
      const { problems } = await unwrapStore(store);
      assert.equal(problems.length > 0, true);
      assert.ok(
        problems.every((problem) => problem.startsWith('kek-dep-aes: ')),
        problems.join(),
      );
    });
  }
});

describe('unwrapStore, on random forests', () => {
  it('opens whatever wraps whatever, and finds nothing but labels to say', async function () {
    this.timeout(60_000);
    const store = await newStorePath(sqlite);
    await fc.assert(
      fc.asyncProperty(fc.array(plant, { maxLength: 24 }), async (plants) => {
        const { rows, materials } = grow(plants.map((one) => ({ ...one, column: 'right' })));
        await sql(store, 'DELETE FROM objects');
        await insertRows(store, rows, []);
        const unwrapped = await unwrapStore(store);
        assert.deepEqual(materialsIn(unwrapped), materials);
        for (const problem of unwrapped.problems) assert.match(problem, /says NISTKeyWrap where/);
      }),
      { numRuns: 10 },
    );
  });
});

/** Compares what was opened with what the server exported, and returns how many objects that were. */
function assertKnown({ objects }: UnwrappedStore, known: string): number {
  const { materials } = JSON.parse(readFileSync(goldenPath(`known-${known}.json`), 'utf8')) as {
    readonly materials: Readonly<Record<string, Known>>;
  };
  const exported = Object.entries(materials).filter(([, { error }]) => error === undefined);
  for (const [uid, { hex, keyMaterial }] of exported) {
    const object = objects.get(uid);
    assert.ok(object !== undefined, uid);
    if (typeof hex === 'string') assert.equal(exportedForm(object), hex, uid);
    else assertSameCurveKey(object, keyMaterial ?? []);
  }
  return exported.length;
}

/** RSA keys are exported as PKCS#1, whatever the store has. */
function exportedForm({ objectType, keyFormatType, material }: UnwrappedObject): string {
  const bytes = plainBytes(material);
  if (material.form === 'structure' && keyFormatType.startsWith('TransparentRSA')) {
    if (objectType === 'PrivateKey') return pkcs1(rsaPrivateKeyOf(readItem(bytes)));
    const number = (tag: Tag) => base64url(numberIn(childOf(readItem(bytes), tag)));
    const [n, e] = [number('Modulus'), number('PublicExponent')];
    return pkcs1(createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }));
  }
  if (keyFormatType !== 'PKCS8') return bytes.toString('hex');
  const isPrivate = objectType === 'PrivateKey';
  try {
    const key = isPrivate
      ? createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
      : createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'rsa' ? pkcs1(key) : bytes.toString('hex');
  } catch {
    // OpenSSL of Node 20 knows no post-quantum keys; they are exported as stored.
    return bytes.toString('hex');
  }
}

function assertSameCurveKey(
  object: UnwrappedObject,
  known: NonNullable<Known['keyMaterial']>,
): void {
  const { uid, material } = object;
  const value = (tag: string) => known.find((member) => member.tag === tag)?.value;
  const scalar = value('D');
  const point = value('QString')?.toLowerCase();
  if (material.form === 'structure') {
    const item = readItem(material.bytes);
    if (scalar !== undefined) assert.equal(numberIn(childOf(item, 'D')), BigInt(scalar), uid);
    else assert.equal(childOf(item, 'QString').value.toString('hex'), compressed(point ?? ''), uid);
  } else if (scalar !== undefined) {
    const key = createPrivateKey({ key: material.bytes, format: 'der', type: 'pkcs8' });
    const { d = '' } = key.export({ format: 'jwk' });
    assert.equal(BigInt(`0x${Buffer.from(d, 'base64url').toString('hex')}`), BigInt(scalar), uid);
  } else {
    assert.ok(point !== undefined && material.bytes.toString('hex').endsWith(point), uid);
  }
}

/** NIST points are exported uncompressed and stored compressed. */
function compressed(point: string): string {
  if (!point.startsWith('04')) return point;
  const x = point.slice(2, 1 + point.length / 2);
  const odd = (parseInt(point.slice(-2), 16) & 1) === 1;
  return `${odd ? '03' : '02'}${x}`;
}

function pkcs1(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ format: 'der', type: 'pkcs1' }).toString('hex');
}

function base64url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function isWrapped({ wrappingKeyUid }: UnwrappedObject): boolean {
  return wrappingKeyUid !== null;
}

async function changeObject(
  store: string,
  uid: string,
  change: (text: string) => string,
): Promise<void> {
  const [row] = await sql<{ object: string }>(
    store,
    'SELECT object FROM objects WHERE id = ?',
    uid,
  );
  await sql(store, 'UPDATE objects SET object = ? WHERE id = ?', change(row!.object), uid);
}

/** Changes the last byte of a ciphertext. */
function flipped(text: string): string {
  return text.replace(/"KeyValue":\[([\d,]+),(\d+)\]/, (_, head: string, last: string) => {
    return `"KeyValue":[${head},${Number(last) ^ 1}]`;
  });
}
