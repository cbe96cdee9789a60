// The rules by which a wrapping key is found and allowed among an object's neighbours (storage format §5.3).
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import {
  activeSuccessorOf,
  assertNotBelow,
  latestGenerationOf,
  LONGEST_CHAIN,
  neighbouringUids,
  publicUidOf,
  privateUidOf,
  uidsInLog,
  wrappingHalfOf,
  wrappingKeyNamed,
} from '../../src/rotation/neighbours.js';
import { aSymmetricKey } from '../support/store.js';

function aKey(uid: string, members: object = {}, state = 'Active'): ManagedObject {
  return decodeRow(aSymmetricKey({ uid }, { ...members }, { state }));
}

function linked(uid: string, type: string, to: string): ManagedObject {
  return aKey(uid, { Link: [{ LinkType: type, LinkedObjectIdentifier: to }] });
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
    it('finds a key of just that uid, in any state but the destroyed ones', () => {
      for (const state of ['PreActive', 'Active', 'Deactivated', 'Compromised']) {
        const key = aKey('kek', {}, state);
        assert.equal(wrappingKeyNamed('kek', among(key)), key);
      }
    });

    it('names a key that is not there, or destroyed: WrappingKeyMissing', () => {
      assert.throws(() => wrappingKeyNamed('KEK', among(aKey('kek'))), {
        reason: 'WrappingKeyMissing',
        uid: 'KEK',
        message: /not in the store/,
      });
      for (const state of ['Destroyed', 'Destroyed_Compromised']) {
        assert.throws(() => wrappingKeyNamed('kek', among(aKey('kek', {}, state))), {
          reason: 'WrappingKeyMissing',
          message: new RegExp(`is ${state}`),
        });
      }
    });

    it('passes on why its row cannot be read', () => {
      const malformed = new KmsError('MalformedObject', 'x', { uid: 'kek' });
      assert.throws(() => wrappingKeyNamed('kek', new Map([['kek', malformed]])), malformed);
    });
  });

  describe('latestGenerationOf', () => {
    it('follows ReplacementObjectLinks to the end, as far as there are rows', () => {
      const first = linked('a', 'ReplacementObjectLink', 'b');
      const second = linked('b', 'ReplacementObjectLink', 'c');
      const third = linked('c', 'ReplacementObjectLink', 'gone');
      const all = among(first, second, third);
      for (const key of [first, second, third]) assert.equal(latestGenerationOf(key, all), third);
    });

    it('takes a link to itself for none', () => {
      const key = linked('a', 'ReplacementObjectLink', 'a');
      assert.equal(latestGenerationOf(key, among(key)), key);
    });

    it('names a circle, and a chain that is too long: WrappingCycle', () => {
      const circle = among(
        linked('a', 'ReplacementObjectLink', 'b'),
        linked('b', 'ReplacementObjectLink', 'a'),
      );
      const long = among(
        ...Array.from({ length: LONGEST_CHAIN + 1 }, (_, place) =>
          linked(String(place), 'ReplacementObjectLink', String(place + 1)),
        ),
        aKey(String(LONGEST_CHAIN + 1)),
      );
      for (const [uid, all] of [['a', circle] as const, ['0', long] as const]) {
        const key = all.get(uid);
        assert.ok(key !== undefined && !(key instanceof KmsError));
        assert.throws(() => latestGenerationOf(key, all), { reason: 'WrappingCycle', uid });
      }
    });
  });

  describe('wrappingHalfOf', () => {
    it('lets an Active key pass whose mask has WrapKey or Unrestricted', () => {
      for (const mask of [16, 2108, 0x20_0000]) {
        const key = aKey('kek', { CryptographicUsageMask: mask });
        assert.equal(wrappingHalfOf(key, among(key)), key);
      }
    });

    it('refuses one that is not Active: WrappingKeyNotActive', () => {
      for (const state of ['PreActive', 'Deactivated', 'Compromised', 'Destroyed']) {
        const check = () => {
          wrappingHalfOf(aKey('kek', {}, state), among());
        };
        assert.throws(check, { reason: 'WrappingKeyNotActive', uid: 'kek' });
      }
    });

    it('refuses one without the mask, or with none at all: WrappingKeyUnfit', () => {
      for (const mask of [12, 32, 0, null]) {
        const check = () => {
          wrappingHalfOf(aKey('kek', { CryptographicUsageMask: mask }), among());
        };
        assert.throws(check, { reason: 'WrappingKeyUnfit', uid: 'kek' });
      }
    });
  });

  describe('halves of a pair', () => {
    const half = (
      objectType: string,
      uid: string,
      links: object[] = [],
      { state = 'Active', mask = 16 } = {},
    ) => {
      const row = {
        ...aSymmetricKey({ uid }, {}, { state }),
        object: `{"${objectType}":{"KeyBlock":{"KeyFormatType":"Raw","KeyValue":{"KeyMaterial":[1]}}}}`,
        attributes: JSON.stringify({
          CryptographicUsageMask: mask,
          ObjectType: objectType,
          Link: links,
        }),
      };
      return decodeRow(row);
    };
    const link = (type: string, to: string) => [{ LinkType: type, LinkedObjectIdentifier: to }];

    it('go by their links, else by _pk', () => {
      assert.equal(publicUidOf(half('PrivateKey', 'a')), 'a_pk');
      assert.equal(publicUidOf(half('PrivateKey', 'a', link('PublicKeyLink', 'b'))), 'b');
      assert.equal(privateUidOf(half('PublicKey', 'a_pk')), 'a');
      assert.equal(privateUidOf(half('PublicKey', 'a_pk', link('PrivateKeyLink', 'b'))), 'b');
      assert.equal(privateUidOf(half('PublicKey', 'a')), null);
    });

    it('are among what is looked at next, with replacements and wrapping keys', () => {
      const uids = neighbouringUids(half('PrivateKey', 'a', link('ReplacementObjectLink', 'c')));
      assert.deepEqual([...uids].sort(), ['a_pk', 'c']);
    });

    it('wrap by the public one, which needs the mask; both must be Active', () => {
      const wraps = half('PublicKey', 'a_pk');
      const unwraps = half('PrivateKey', 'a', [], { mask: 32 });
      assert.equal(wrappingHalfOf(unwraps, among(unwraps, wraps)), wraps);
      assert.equal(wrappingHalfOf(wraps, among(unwraps, wraps)), wraps);
      for (const [reason, other] of [
        ['WrappingKeyUnfit', half('PublicKey', 'a_pk', [], { mask: 32 })],
        ['WrappingKeyNotActive', half('PublicKey', 'a_pk', [], { state: 'Deactivated' })],
        ['WrappingKeyMissing', half('PublicKey', 'a_pk', [], { state: 'Destroyed' })],
      ] as const) {
        assert.throws(() => wrappingHalfOf(unwraps, among(unwraps, other)), {
          reason,
          uid: 'a_pk',
        });
      }
      const retired = half('PrivateKey', 'a', [], { state: 'Deactivated' });
      assert.throws(() => wrappingHalfOf(retired, among(retired, wraps)), {
        reason: 'WrappingKeyNotActive',
        uid: 'a',
      });
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
            assertNotBelow(object, below, all);
          },
          { reason: 'WrappingCycle', uid: object.uniqueIdentifier },
        );
      }
      assertNotBelow(free, below, all);
      assertNotBelow(below, one, all);
    });

    it('are told of in our log by the private one, and replaced by the same half', () => {
      const retired = { state: 'Deactivated' };
      const all = among(
        half('PrivateKey', 'a', [], retired),
        half('PublicKey', 'b', link('PrivateKeyLink', 'a'), retired),
        half('PrivateKey', 'next', link('PublicKeyLink', 'next_pk')),
        half('PublicKey', 'next_pk'),
      );
      assert.deepEqual(uidsInLog(['a', 'b', 'gone'], all), ['a', 'a', 'gone']);
      const logged = new Map([['a', 'next']]);
      assert.equal(activeSuccessorOf('a', all, logged)?.uniqueIdentifier, 'next');
      assert.equal(activeSuccessorOf('b', all, logged)?.uniqueIdentifier, 'next_pk');
      assert.equal(activeSuccessorOf('b', all, new Map()), null);
    });
  });
});
