// Post-quantum keys as stored bytes: the golden stores' keys and OpenSSL 3.5's, byte for byte; new ones are read, used
// and written back by OpenSSL.
import assert from 'node:assert/strict';
import { generatePqcKeyPair } from '../../../src/crypto/pqc/generate-pqc-key-pair.js';
import { pqcAlgorithm, type PqcAlgorithm } from '../../../src/crypto/pqc/pqc-algorithms.js';
import {
  decodePqcPrivateKey,
  decodePqcPublicKey,
  encodePqcPrivateKey,
  encodePqcPublicKey,
  type PqcPrivateKey,
} from '../../../src/crypto/pqc/pqc-encoding.js';
import { isPqcKeyPair } from '../../../src/crypto/pqc/pqc-private-key.js';
import { linkTo } from '../../../src/kmip/attributes.js';
import { decodeBytes } from '../../../src/kmip/bytes.js';
import { CRYPTOGRAPHIC_ALGORITHMS } from '../../../src/kmip/vocabulary.js';
import { describeGolden, goldenObjects } from '../../support/golden.js';
import { needThoroughRun } from '../../support/effort.js';
import {
  checkedByOpenssl,
  madeByOpenssl,
  needNodeWithOpenssl35,
} from '../../support/openssl-35.js';
import { valuesOf } from '../../support/values-of.js';

const NAMES = Object.keys(CRYPTOGRAPHIC_ALGORITHMS).filter((name) => /^(ML|SLH|X25519)/.test(name));
const WITHOUT_HYBRID = NAMES.filter((name) => name !== 'X25519MLKEM768');
const algorithmOf = (name: string): PqcAlgorithm => pqcAlgorithm(name)!;

/** Encodes a key of constant bytes, for tests that only parse. */
function encodedOf(algorithm: PqcAlgorithm, withSeed = algorithm.seedBytes > 0): Buffer {
  return encodePqcPrivateKey(algorithm, {
    seed: withSeed ? Buffer.alloc(algorithm.seedBytes, 1) : null,
    expanded: Buffer.alloc(algorithm.privateBytes, 2),
  });
}

describe('post-quantum keys', () => {
  it('include every post-quantum algorithm that the store has a name for', () => {
    assert.equal(NAMES.length, 19);
    for (const name of NAMES) assert.equal(pqcAlgorithm(name)?.name, name);
    for (const name of ['RSA', 'ML-KEM', null]) assert.equal(pqcAlgorithm(name), undefined);
  });

  for (const name of NAMES) {
    it(`decodes a ${name} key that it encoded, and refuses another size or algorithm`, () => {
      const algorithm = algorithmOf(name);
      const bytes = encodedOf(algorithm);
      const { seed, expanded } = decodePqcPrivateKey(algorithm, bytes);
      assert.equal(seed?.length ?? 0, algorithm.seedBytes);
      assert.deepEqual(expanded, Buffer.alloc(algorithm.privateBytes, 2));
      const publicKey = Buffer.alloc(algorithm.publicBytes, 3);
      const spki = encodePqcPublicKey(algorithm, publicKey);
      assert.deepEqual(decodePqcPublicKey(algorithm, spki), publicKey);
      const refused = { reason: 'MalformedObject', message: new RegExp(name) };
      for (const cut of [bytes.subarray(1), bytes.subarray(0, -1), Buffer.alloc(0)]) {
        assert.throws(() => decodePqcPrivateKey(algorithm, cut), refused);
      }
      for (const cut of [spki.subarray(1), spki.subarray(0, -1), Buffer.alloc(0)]) {
        assert.throws(() => decodePqcPublicKey(algorithm, cut), refused);
      }
      const other = algorithmOf(NAMES[(NAMES.indexOf(name) + 1) % NAMES.length]!);
      assert.throws(() => decodePqcPrivateKey(algorithm, encodedOf(other)), refused);
    });
  }

  describe('PKCS#8 of ML-DSA-44 (RFC 9881 §6)', () => {
    const algorithm = algorithmOf('MLDSA_44');
    const tlv = (tag: string, hex: string) =>
      `${tag}82${(hex.length / 2).toString(16).padStart(4, '0')}${hex}`;
    const pkcs8 = (inner: string) =>
      Buffer.from(tlv('30', `020100300b0609608648016503040311${tlv('04', inner)}`), 'hex');
    const seed = '01'.repeat(32);
    const expanded = '02'.repeat(2560);

    it('is decoded with the seed alone, the expanded key alone, or both', () => {
      const decode = (inner: string) => {
        const key = decodePqcPrivateKey(algorithm, pkcs8(inner));
        return [key.seed?.toString('hex') ?? null, key.expanded?.toString('hex') ?? null];
      };
      assert.deepEqual(decode(`8020${seed}`), [seed, null]);
      assert.deepEqual(decode(tlv('04', expanded)), [null, expanded]);
      assert.deepEqual(decode(tlv('30', `0420${seed}${tlv('04', expanded)}`)), [seed, expanded]);
    });

    for (const [what, inner] of [
      ['a seed of another length', `801f${'01'.repeat(31)}`],
      ['a seed under another tag', `8120${seed}`],
      ['two seeds', `8020${seed}8020${seed}`],
      ['an expanded key of another length', tlv('04', '02'.repeat(2559))],
      ['a seed and a key in the other order', tlv('30', `${tlv('04', expanded)}0420${seed}`)],
      ['a seed without a key in a sequence', `30220420${seed}`],
      ['both and one more', tlv('30', `0420${seed}${tlv('04', expanded)}0500`)],
    ] as const) {
      it(`is refused with ${what}`, () => {
        assert.throws(() => decodePqcPrivateKey(algorithm, pkcs8(inner)), {
          reason: 'MalformedObject',
        });
      });
    }
  });

  describe('by OpenSSL 3.5', () => {
    it('generates the same keys from a seed, byte for byte, in every algorithm', async function () {
      this.timeout(120_000);
      const node = needNodeWithOpenssl35(this);
      const theirs = madeByOpenssl(node, WITHOUT_HYBRID);
      assert.deepEqual(valuesOf(theirs, 'name'), WITHOUT_HYBRID);
      for (const { name, privateKey, publicKey } of theirs) {
        const algorithm = algorithmOf(name);
        const read = wholeKey(algorithm, Buffer.from(privateKey, 'base64'));
        const keys = await generatePqcKeyPair(algorithm, seedOf(read));
        const ours = encodePqcPrivateKey(algorithm, keys.privateKey).toString('base64');
        assert.equal(ours, privateKey, name);
        const ourPublic = encodePqcPublicKey(algorithm, keys.publicKey).toString('base64');
        assert.equal(ourPublic, publicKey, name);
      }
    });

    // SLH-DSA’s small signatures take seconds each; the test above shows that their keys are OpenSSL’s.
    it('reads, uses and writes back our new keys of every algorithm that signs quickly', async function () {
      this.timeout(60_000);
      const node = needNodeWithOpenssl35(this);
      const pairs = [];
      for (const name of WITHOUT_HYBRID.filter((other) => !/^SLHDSA.*s$/.test(other))) {
        const algorithm = algorithmOf(name);
        const keys = await generatePqcKeyPair(algorithm);
        assert.ok(isPqcKeyPair(algorithm, keys.privateKey.expanded, keys.publicKey), name);
        pairs.push({
          name,
          family: algorithm.family,
          privateKey: encodePqcPrivateKey(algorithm, keys.privateKey).toString('base64'),
          publicKey: encodePqcPublicKey(algorithm, keys.publicKey).toString('base64'),
        });
      }
      const evaluated = checkedByOpenssl(node, pairs);
      assert.deepEqual(
        evaluated,
        pairs.map(({ name }) => ({ name, belongs: true, works: true, same: true })),
      );
    });

    it('reads and uses the ML-KEM part of our new hybrid key', async function () {
      const node = needNodeWithOpenssl35(this);
      const keys = await generatePqcKeyPair(algorithmOf('X25519MLKEM768'));
      const algorithm = algorithmOf('MLKEM_768');
      const privateKey = { seed: null, expanded: keys.privateKey.expanded.subarray(0, 2400) };
      const pair = {
        name: 'MLKEM_768',
        family: 'ML-KEM',
        privateKey: octetString(algorithm, privateKey.expanded).toString('base64'),
        publicKey: encodePqcPublicKey(algorithm, keys.publicKey.subarray(0, 1184)).toString(
          'base64',
        ),
      };
      assert.deepEqual(checkedByOpenssl(node, [pair]), [
        { name: 'MLKEM_768', belongs: true, works: true, same: true },
      ]);
    });
  });

  describeGolden('on the golden stores', () => {
    const objects = goldenObjects('store-rotated');
    const pairs = objects.flatMap((object) => {
      const algorithm = pqcAlgorithm(object.keyBlock?.cryptographicAlgorithm ?? null);
      if (algorithm === undefined || object.objectType !== 'PrivateKey') return [];
      const uid = linkTo(object.attributes, 'PublicKeyLink');
      const other = objects.find(({ uniqueIdentifier }) => uniqueIdentifier === uid)!;
      const bytes = ({ keyBlock }: typeof object) => decodeBytes(keyBlock!.keyMaterial, 'material');
      return [{ algorithm, privateBytes: bytes(object), publicBytes: bytes(other) }];
    });

    for (const { algorithm, privateBytes, publicBytes } of pairs) {
      const { name, family } = algorithm;
      it(`decodes the ${name} pair, and recognises its public key`, () => {
        const privateKey = wholeKey(algorithm, privateBytes);
        const publicKey = decodePqcPublicKey(algorithm, publicBytes);
        assert.ok(isPqcKeyPair(algorithm, privateKey.expanded, publicKey));
        const other = Buffer.from(publicKey);
        other[0]! ^= 1;
        assert.ok(!isPqcKeyPair(algorithm, privateKey.expanded, other));
        assert.deepEqual(encodePqcPrivateKey(algorithm, privateKey), privateBytes);
        assert.deepEqual(encodePqcPublicKey(algorithm, publicKey), publicBytes);
      });
      // A stored hybrid does not contain its seed.
      if (family === 'hybrid') continue;
      it(`generates the ${name} pair from its seed, byte for byte`, async function () {
        if (/^SLHDSA.*s$/.test(name)) needThoroughRun(this);
        this.timeout(60_000);
        const from = seedOf(wholeKey(algorithm, privateBytes));
        const keys = await generatePqcKeyPair(algorithm, from);
        assert.deepEqual(encodePqcPrivateKey(algorithm, keys.privateKey), privateBytes);
        assert.deepEqual(encodePqcPublicKey(algorithm, keys.publicKey), publicBytes);
      });
    }

    it('has pairs of nine algorithms', () => {
      assert.equal(new Set(pairs.map(({ algorithm }) => algorithm.name)).size, 9);
    });
  });
});

/** A key that is not stored as its seed alone. */
function wholeKey(algorithm: PqcAlgorithm, bytes: Buffer): PqcPrivateKey {
  const { seed, expanded } = decodePqcPrivateKey(algorithm, bytes);
  if (expanded === null) throw new Error(`${algorithm.name} is stored as its seed alone`);
  return { seed, expanded };
}

/** What a key is generated from; an SLH-DSA key begins with it: secret seed, PRF key, public seed. */
function seedOf({ seed, expanded }: PqcPrivateKey): Buffer {
  return Buffer.from(seed ?? expanded.subarray(0, (expanded.length / 4) * 3));
}

/** PKCS#8 with an expanded key alone (RFC 9935 §6). */
function octetString(algorithm: PqcAlgorithm, expanded: Buffer): Buffer {
  const header = Buffer.from('04820960', 'hex');
  return encodePqcPrivateKey(algorithm, {
    seed: null,
    expanded: Buffer.concat([header, expanded]),
  });
}
