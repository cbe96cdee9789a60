// The rules by which a wrapping key is found among related objects, and allowed to wrap (storage format §5.3).
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import {
  assertMayWrap,
  assertNoWrappingCycle,
  encryptingKeyOf,
  mayHaveWrapped,
  requireWrappingKey,
} from '../../src/rotation/wrapping-rules.js';
import { aKey, aKeyOfPair, among, aWrappedKey, linkOf } from '../support/related-objects.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

describe('rules of wrapping keys', () => {
  describe('requireWrappingKey', () => {
    it('refuses a key in a hardware security module: HsmResident', () => {
      assert.throws(() => requireWrappingKey('hsm::0::kek', among()), {
        reason: 'HsmResident',
        uid: 'hsm::0::kek',
      });
    });

    it('finds a key of exactly that uid, in any state but the destroyed ones', () => {
      for (const state of ['PreActive', 'Active', 'Deactivated', 'Compromised']) {
        const key = aKey('kek', {}, state);
        assert.equal(requireWrappingKey('kek', among(key)), key);
      }
    });

    it('refuses a key that is not in the store, or destroyed: WrappingKeyMissing', () => {
      assert.throws(() => requireWrappingKey('KEK', among(aKey('kek'))), {
        reason: 'WrappingKeyMissing',
        uid: 'KEK',
        message: /not in the store/,
      });
      for (const state of ['Destroyed', 'Destroyed_Compromised']) {
        assert.throws(() => requireWrappingKey('kek', among(aKey('kek', {}, state))), {
          reason: 'WrappingKeyMissing',
          message: new RegExp(`is ${state}`),
        });
      }
    });

    it('throws the reason why its row cannot be read', () => {
      const malformed = new KmsError('MalformedObject', 'x', { uid: 'kek' });
      assert.throws(() => requireWrappingKey('kek', new Map([['kek', malformed]])), malformed);
    });
  });

  describe('assertMayWrap', () => {
    it('lets an Active key pass whose mask has WrapKey or Unrestricted', () => {
      for (const mask of [16, 2108, 0x20_0000]) {
        assertMayWrap(aKey('kek', { CryptographicUsageMask: mask }), among());
      }
    });

    it('refuses one that is not Active: WrappingKeyNotActive', () => {
      for (const state of ['PreActive', 'Deactivated', 'Compromised', 'Destroyed']) {
        const check = assertMayWrap.bind(null, aKey('kek', {}, state), among());
        assert.throws(check, { reason: 'WrappingKeyNotActive', uid: 'kek' });
      }
    });

    it('refuses one without the mask, or with none at all: WrappingKeyUnfit', () => {
      for (const mask of [12, 32, 0, null]) {
        const key = aKey('kek', { CryptographicUsageMask: mask });
        const unfit = { reason: 'WrappingKeyUnfit', uid: 'kek' };
        assert.throws(assertMayWrap.bind(null, key, among()), unfit);
      }
    });
  });

  describe('mayHaveWrapped', () => {
    it('is true of a mask to wrap or to unwrap in either copy, and of no mask', () => {
      for (const mask of [16, 32, 2108, 0x20_0000, undefined]) {
        assert.equal(mayHaveWrapped(aKey('kek', { CryptographicUsageMask: mask })), true);
      }
      for (const mask of [0, 12, 128]) {
        assert.equal(mayHaveWrapped(aKey('kek', { CryptographicUsageMask: mask })), false);
      }
      const embedded = aSymmetricKey({ uid: 'kek' });
      const column = JSON.stringify({ CryptographicUsageMask: 12 });
      assert.equal(mayHaveWrapped(decodeRow({ ...embedded, attributes: column })), true);
    });
  });

  describe('a pair that wraps', () => {
    const pair = (changes: { mask?: number; publicState?: string; privateState?: string } = {}) => {
      const { mask = 16, publicState = 'Active', privateState = 'Active' } = changes;
      const all = among(
        aKeyOfPair('PrivateKey', 'a', [], { CryptographicUsageMask: 32 }, privateState),
        aKeyOfPair('PublicKey', 'a_pk', [], { CryptographicUsageMask: mask }, publicState),
      );
      return (uid: string) => {
        assertMayWrap(requireWrappingKey(uid, all), all);
      };
    };

    it('may wrap by the mask of its public key, whichever key is named (storage format §5.3)', () => {
      for (const uid of ['a', 'a_pk']) {
        pair()(uid);
        const refused = { reason: 'WrappingKeyUnfit', uid: 'a_pk' };
        assert.throws(pair({ mask: 2 }).bind(null, uid), refused);
      }
    });

    it('may wrap only if both keys are Active, as the private key must unwrap', () => {
      for (const uid of ['a', 'a_pk']) {
        for (const state of ['publicState', 'privateState']) {
          const check = pair({ [state]: 'Deactivated' });
          assert.throws(check.bind(null, uid), { reason: 'WrappingKeyNotActive' });
        }
      }
    });

    it('may wrap if its private key is not in the store', () => {
      const alone = aKeyOfPair('PublicKey', 'a_pk', [], { CryptographicUsageMask: 16 });
      assertMayWrap(alone, among(alone));
    });
  });

  describe('the keys of a pair', () => {
    const pair = [
      aKeyOfPair('PrivateKey', 'a'),
      aKeyOfPair('PublicKey', 'a_pk', linkOf('PrivateKeyLink', 'a')),
    ];

    const assertCycle = (...check: Parameters<typeof assertNoWrappingCycle>) => {
      const uid = check[0].uniqueIdentifier;
      const cycle = { reason: 'WrappingCycle', uid };
      assert.throws(assertNoWrappingCycle.bind(null, ...check), cycle);
    };

    it('wrap by the public key, which must be in the store', () => {
      const wraps = aKeyOfPair('PublicKey', 'a_pk');
      const unwraps = aKeyOfPair('PrivateKey', 'a');
      assert.equal(encryptingKeyOf(unwraps, among(unwraps, wraps)), wraps);
      assert.equal(encryptingKeyOf(wraps, among(unwraps, wraps)), wraps);
      const destroyed = aKeyOfPair('PublicKey', 'a_pk', [], {}, 'Destroyed');
      assert.throws(() => encryptingKeyOf(unwraps, among(unwraps, destroyed)), {
        reason: 'WrappingKeyMissing',
        uid: 'a_pk',
      });
    });

    it('wrap what names their certificate, and may not be wrapped by it', () => {
      const certificate = decodeRow({
        ...aSymmetricKey({ uid: 'cert' }),
        object: '{"Certificate":{"CertificateType":"X509","CertificateValue":[]}}',
        attributes: JSON.stringify({
          ObjectType: 'Certificate',
          Link: linkOf('PrivateKeyLink', 'a'),
        }),
      });
      const below = aWrappedKey('below', 'cert');
      const all = among(...pair, certificate, below);
      for (const object of pair) {
        for (const key of [below, certificate]) assertCycle(object, key, all);
      }
      const wrapped = aKeyOfPair('PrivateKey', 'a');
      const above = aWrappedKey('above', 'x');
      const nested = among({ ...wrapped, wrappingKeyUid: 'above' }, certificate, above, below);
      assertCycle(above, below, nested);
    });

    it('wrap what names either of them, and may not be wrapped by it', () => {
      const [one, below] = [aWrappedKey('one', 'a_pk'), aWrappedKey('below', 'one')];
      const free = aWrappedKey('free', 'x');
      const all = among(...pair, one, below, free);
      for (const object of [...pair, one, below]) assertCycle(object, below, all);
      assertNoWrappingCycle(free, below, all);
      assertNoWrappingCycle(below, one, all);
    });
  });
});
