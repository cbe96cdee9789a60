// Post-quantum keys: from the seeds of the golden stores the golden keys, byte for byte; in every
// algorithm the keys that OpenSSL 3.5 makes; new ones read, used and written back by it.
import assert from 'node:assert/strict';
import {
  decodePqcPrivateKey,
  decodePqcPublicKey,
  encodePqcPrivateKey,
  encodePqcPublicKey,
  holdsPublicKey,
  pqcAlgorithm,
  type PqcAlgorithm,
  type PqcPrivateKey,
} from '../../../src/crypto/pqc/pqc-encoding.js';
import { generatePqcKeyPair } from '../../../src/crypto/pqc/generate-pqc-keys.js';
import { linkTo } from '../../../src/kmip/attributes.js';
import { decodeBytes } from '../../../src/kmip/bytes.js';
import { CRYPTOGRAPHIC_ALGORITHMS } from '../../../src/kmip/vocabulary.js';
import { describeGolden, goldenObjects } from '../../support/golden.js';
import { judgedByOpenssl, madeByOpenssl, nodeWithOpenssl35 } from '../../support/openssl-35.js';

const NAMES = Object.keys(CRYPTOGRAPHIC_ALGORITHMS).filter((name) => /^(ML|SLH|X25519)/.test(name));
const WITHOUT_HYBRID = NAMES.filter((name) => name !== 'X25519MLKEM768');
const algorithmOf = (name: string): PqcAlgorithm => pqcAlgorithm(name)!;

/** An encoding of keys without any cryptography, for what only parses. */
function encodedOf(algorithm: PqcAlgorithm, withSeed = algorithm.seedBytes > 0): Buffer {
  return encodePqcPrivateKey(algorithm, {
    seed: withSeed ? Buffer.alloc(algorithm.seedBytes, 1) : null,
    expanded: Buffer.alloc(algorithm.privateBytes, 2),
  });
}

describe('crypto/pqc', () => {
  it('knows every post-quantum algorithm that the store has a name for', () => {
    assert.equal(NAMES.length, 19);
    for (const name of NAMES) assert.equal(pqcAlgorithm(name)?.name, name);
    for (const name of ['RSA', 'ML-KEM', null]) assert.equal(pqcAlgorithm(name), undefined);
  });

  for (const name of NAMES) {
    it(`reads a ${name} key that it wrote, and refuses one of another size or algorithm`, () => {
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

  it('takes an expanded key without its seed, and refuses a seed alone by name (RFC 9881)', () => {
    const algorithm = algorithmOf('MLDSA_44');
    const { arc } = algorithm;
    const tlv = (tag: string, hex: string) =>
      `${tag}82${(hex.length / 2).toString(16).padStart(4, '0')}${hex}`;
    const pkcs8 = (inner: string) =>
      Buffer.from(
        tlv('30', `020100300b0609608648016503 04${arc!}`.replace(' ', '') + tlv('04', inner)),
        'hex',
      );
    const expanded = pkcs8(tlv('04', '02'.repeat(2560)));
    const read = decodePqcPrivateKey(algorithm, expanded);
    assert.equal(read.seed, null);
    assert.equal(read.expanded.length, 2560);
    assert.throws(() => decodePqcPrivateKey(algorithm, pkcs8(`8020${'01'.repeat(32)}`)), {
      reason: 'Unsupported',
      message: /seed alone/,
    });
  });

  describe('by OpenSSL 3.5', () => {
    it('makes the same keys of a seed, byte for byte, in every algorithm', async function () {
      this.timeout(120_000);
      const node = nodeWithOpenssl35();
      if (node === null) this.skip();
      const theirs = madeByOpenssl(node, WITHOUT_HYBRID);
      assert.deepEqual(
        theirs.map(({ name }) => name),
        WITHOUT_HYBRID,
      );
      for (const { name, privateKey, publicKey } of theirs) {
        const algorithm = algorithmOf(name);
        const read = decodePqcPrivateKey(algorithm, Buffer.from(privateKey, 'base64'));
        const keys = await generatePqcKeyPair(algorithm, seedOf(read));
        assert.ok(holdsPublicKey(algorithm, keys.privateKey, keys.publicKey), name);
        const ours = encodePqcPrivateKey(algorithm, keys.privateKey).toString('base64');
        assert.equal(ours, privateKey, name);
        const ourPublic = encodePqcPublicKey(algorithm, keys.publicKey).toString('base64');
        assert.equal(ourPublic, publicKey, name);
      }
    });

    // SLH-DSA’s small signatures take seconds each; their keys are those of OpenSSL, as the test above shows.
    it('reads, uses and writes back new keys of every algorithm that signs quickly', async function () {
      this.timeout(60_000);
      const node = nodeWithOpenssl35();
      if (node === null) this.skip();
      const pairs = [];
      for (const name of WITHOUT_HYBRID.filter((other) => !/^SLHDSA.*s$/.test(other))) {
        const algorithm = algorithmOf(name);
        const keys = await generatePqcKeyPair(algorithm);
        assert.ok(holdsPublicKey(algorithm, keys.privateKey, keys.publicKey), name);
        pairs.push({
          name,
          family: algorithm.family,
          privateKey: encodePqcPrivateKey(algorithm, keys.privateKey).toString('base64'),
          publicKey: encodePqcPublicKey(algorithm, keys.publicKey).toString('base64'),
        });
      }
      const evaluated = judgedByOpenssl(node, pairs);
      assert.deepEqual(
        evaluated,
        pairs.map(({ name }) => ({ name, belongs: true, works: true, same: true })),
      );
    });

    it('reads and uses the ML-KEM part of a new hybrid key', async function () {
      const node = nodeWithOpenssl35();
      if (node === null) this.skip();
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
      assert.deepEqual(judgedByOpenssl(node, [pair]), [
        { name: 'MLKEM_768', belongs: true, works: true, same: true },
      ]);
    });
  });

  describeGolden('on the golden stores', () => {
    const objects = goldenObjects('store-rotated');
    const halves = objects.flatMap((object) => {
      const algorithm = pqcAlgorithm(object.keyBlock?.cryptographicAlgorithm ?? null);
      if (algorithm === undefined || object.objectType !== 'PrivateKey') return [];
      const uid = linkTo(object.attributes, 'PublicKeyLink');
      const other = objects.find(({ uniqueIdentifier }) => uniqueIdentifier === uid)!;
      const bytes = ({ keyBlock }: typeof object) => decodeBytes(keyBlock!.keyMaterial, 'material');
      return [{ algorithm, privateBytes: bytes(object), publicBytes: bytes(other) }];
    });

    for (const { algorithm, privateBytes, publicBytes } of halves) {
      const { name, family } = algorithm;
      it(`reads the ${name} pair, and sees that its halves belong together`, () => {
        const privateKey = decodePqcPrivateKey(algorithm, privateBytes);
        const publicKey = decodePqcPublicKey(algorithm, publicBytes);
        assert.ok(holdsPublicKey(algorithm, privateKey, publicKey));
        const other = Buffer.from(publicKey);
        other[0]! ^= 1;
        assert.ok(!holdsPublicKey(algorithm, privateKey, other));
        assert.deepEqual(encodePqcPrivateKey(algorithm, privateKey), privateBytes);
        assert.deepEqual(encodePqcPublicKey(algorithm, publicKey), publicBytes);
      });
      // The hybrid does not keep its seed.
      if (family === 'hybrid') continue;
      it(`makes the ${name} pair from its seed, byte for byte`, async function () {
        this.timeout(60_000);
        const from = seedOf(decodePqcPrivateKey(algorithm, privateBytes));
        const keys = await generatePqcKeyPair(algorithm, from);
        assert.deepEqual(encodePqcPrivateKey(algorithm, keys.privateKey), privateBytes);
        assert.deepEqual(encodePqcPublicKey(algorithm, keys.publicKey), publicBytes);
      });
    }

    it('has pairs of nine algorithms', () => {
      assert.equal(new Set(halves.map(({ algorithm }) => algorithm.name)).size, 9);
    });
  });
});

/** What a key is made from; SLH-DSA keeps it in the key itself: secret seed, PRF key, public seed. */
function seedOf({ seed, expanded }: PqcPrivateKey): Buffer {
  return Buffer.from(seed ?? expanded.subarray(0, (expanded.length / 4) * 3));
}

/** PKCS#8 around an expanded key alone, as RFC 9935 has it. */
function octetString(algorithm: PqcAlgorithm, expanded: Buffer): Buffer {
  const header = Buffer.from('04820960', 'hex');
  return encodePqcPrivateKey(algorithm, {
    seed: null,
    expanded: Buffer.concat([header, expanded]),
  });
}
