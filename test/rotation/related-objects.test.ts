// The rules by which a wrapping key is found and allowed among an object's neighbours (storage format §5.3).
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import {
  assertMayWrap,
  assertNoWrappingCycle,
  mayHaveWrapped,
  relatedUids,
  publicUidOf,
  privateUidOf,
  wrappingKeyOf,
  requireWrappingKey,
} from '../../src/rotation/related-objects.js';
import { aSymmetricKey } from '../support/store.js';

function aKey(uid: string, members: object = {}, state = 'Active'): ManagedObject {
  return decodeRow(aSymmetricKey({ uid }, { ...members }, { state }));
}

function half(
  objectType: string,
  uid: string,
  links: readonly object[] = [],
  members: object = {},
  state = 'Active',
): ManagedObject {
  return decodeRow({
    ...aSymmetricKey({ uid }),
    object: `{"${objectType}":{"KeyBlock":{"KeyFormatType":"Raw","KeyValue":{"KeyMaterial":[1]}}}}`,
    attributes: JSON.stringify({ ObjectType: objectType, Link: links, ...members }),
    state,
  });
}

function among(...objects: ManagedObject[]): Map<string, ManagedObject | KmsError> {
  return new Map(objects.map((object) => [object.uniqueIdentifier, object]));
}

function wrappedKey(uid: string, wrappingKeyUid: string) {
  const row = aSymmetricKey({ uid });
  const KeyBlock = {
    KeyFormatType: 'Raw',
    KeyValue: [1],
    KeyWrappingData: {
      WrappingMethod: 'Encrypt',
      EncryptionKeyInformation: { UniqueIdentifier: wrappingKeyUid },
    },
  };
  return {
    ...row,
    object: JSON.stringify({ SymmetricKey: { KeyBlock } }),
    wrappingKeyId: wrappingKeyUid,
  };
}

describe('rotation/neighbours', () => {
  describe('wrappingKeyNamed', () => {
    it('says of a key in a hardware security module that it lives there: HsmResident', () => {
      assert.throws(() => requireWrappingKey('hsm::0::kek', among()), {
        reason: 'HsmResident',
        uid: 'hsm::0::kek',
      });
    });

    it('finds a key of just that uid, in any state but the destroyed ones', () => {
      for (const state of ['PreActive', 'Active', 'Deactivated', 'Compromised']) {
        const key = aKey('kek', {}, state);
        assert.equal(requireWrappingKey('kek', among(key)), key);
      }
    });

    it('names a key that is not there, or destroyed: WrappingKeyMissing', () => {
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

    it('passes on why its row cannot be read', () => {
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
        const check = () => {
          assertMayWrap(aKey('kek', {}, state), among());
        };
        assert.throws(check, { reason: 'WrappingKeyNotActive', uid: 'kek' });
      }
    });

    it('refuses one without the mask, or with none at all: WrappingKeyUnfit', () => {
      for (const mask of [12, 32, 0, null]) {
        const check = () => {
          assertMayWrap(aKey('kek', { CryptographicUsageMask: mask }), among());
        };
        assert.throws(check, { reason: 'WrappingKeyUnfit', uid: 'kek' });
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
        half('PrivateKey', 'a', [], { CryptographicUsageMask: 32 }, privateState),
        half('PublicKey', 'a_pk', [], { CryptographicUsageMask: mask }, publicState),
      );
      return (uid: string) => {
        assertMayWrap(requireWrappingKey(uid, all), all);
      };
    };

    it('may by the mask of its public key, whichever half is named (storage format §5.3)', () => {
      for (const uid of ['a', 'a_pk']) {
        pair()(uid);
        assert.throws(
          () => {
            pair({ mask: 2 })(uid);
          },
          { reason: 'WrappingKeyUnfit', uid: 'a_pk' },
        );
      }
    });

    it('may only if both halves are Active: what it wraps must open again', () => {
      for (const uid of ['a', 'a_pk']) {
        for (const half of ['publicState', 'privateState']) {
          const check = () => {
            pair({ [half]: 'Deactivated' })(uid);
          };
          assert.throws(check, { reason: 'WrappingKeyNotActive' });
        }
      }
    });

    it('may without its private key, which somebody else keeps', () => {
      const alone = half('PublicKey', 'a_pk', [], { CryptographicUsageMask: 16 });
      assertMayWrap(alone, among(alone));
    });
  });

  describe('halves of a pair', () => {
    const link = (type: string, to: string) => [{ LinkType: type, LinkedObjectIdentifier: to }];

    it('go by their links, else by _pk', () => {
      assert.equal(publicUidOf(half('PrivateKey', 'a')), 'a_pk');
      assert.equal(publicUidOf(half('PrivateKey', 'a', link('PublicKeyLink', 'b'))), 'b');
      assert.equal(privateUidOf(half('PublicKey', 'a_pk')), 'a');
      assert.equal(privateUidOf(half('PublicKey', 'a_pk', link('PrivateKeyLink', 'b'))), 'b');
      assert.equal(privateUidOf(half('PublicKey', 'a')), null);
    });

    it('are among what is looked at next, with replacements and wrapping keys', () => {
      const uids = relatedUids(half('PrivateKey', 'a', link('ReplacementObjectLink', 'c')));
      assert.deepEqual([...uids].sort(), ['a_pk', 'c']);
    });

    it('wrap by the public one, which must be there', () => {
      const wraps = half('PublicKey', 'a_pk');
      const unwraps = half('PrivateKey', 'a');
      assert.equal(wrappingKeyOf(unwraps, among(unwraps, wraps)), wraps);
      assert.equal(wrappingKeyOf(wraps, among(unwraps, wraps)), wraps);
      const destroyed = half('PublicKey', 'a_pk', [], {}, 'Destroyed');
      assert.throws(() => wrappingKeyOf(unwraps, among(unwraps, destroyed)), {
        reason: 'WrappingKeyMissing',
        uid: 'a_pk',
      });
    });

    it('stand above what names their certificate', () => {
      const under = (uid: string, by: string) => decodeRow(wrappedKey(uid, by));
      const pair = [
        half('PrivateKey', 'a'),
        half('PublicKey', 'a_pk', link('PrivateKeyLink', 'a')),
      ];
      const certificate = decodeRow({
        ...aSymmetricKey({ uid: 'cert' }),
        object: '{"Certificate":{"CertificateType":"X509","CertificateValue":[]}}',
        attributes: JSON.stringify({
          ObjectType: 'Certificate',
          Link: link('PrivateKeyLink', 'a'),
        }),
      });
      const below = under('below', 'cert');
      const all = among(...pair, certificate, below);
      for (const object of pair) {
        for (const key of [below, certificate]) {
          assert.throws(
            () => {
              assertNoWrappingCycle(object, key, all);
            },
            { reason: 'WrappingCycle', uid: object.uniqueIdentifier },
          );
        }
      }
      const wrapped = half('PrivateKey', 'a');
      const above = under('above', 'x');
      const nested = among({ ...wrapped, wrappingKeyUid: 'above' }, certificate, above, below);
      assert.throws(
        () => {
          assertNoWrappingCycle(above, below, nested);
        },
        { reason: 'WrappingCycle', uid: 'above' },
      );
    });

    it('stand above what names either of them', () => {
      const under = (uid: string, by: string) => decodeRow(wrappedKey(uid, by));
      const pair = [
        half('PrivateKey', 'a'),
        half('PublicKey', 'a_pk', link('PrivateKeyLink', 'a')),
      ];
      const [one, below, free] = [under('one', 'a_pk'), under('below', 'one'), under('free', 'x')];
      const all = among(...pair, one, below, free);
      for (const object of [...pair, one, below]) {
        assert.throws(
          () => {
            assertNoWrappingCycle(object, below, all);
          },
          { reason: 'WrappingCycle', uid: object.uniqueIdentifier },
        );
      }
      assertNoWrappingCycle(free, below, all);
      assertNoWrappingCycle(below, one, all);
    });
  });
});
