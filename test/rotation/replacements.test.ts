// Generations of one key: where the chain of its replacements ends, and what may not stand in for it.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import { latestReplacementOf } from '../../src/rotation/replacements.js';
import { MAX_GENERATIONS } from '../../src/rotation/related-objects.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

function aKey(uid: string, members: object = {}): ManagedObject {
  return decodeRow(aSymmetricKey({ uid }, { ...members }));
}

function linked(uid: string, type: string, to: string): ManagedObject {
  return aKey(uid, { Link: [{ LinkType: type, LinkedObjectIdentifier: to }] });
}

function among(...objects: ManagedObject[]): Map<string, ManagedObject | KmsError> {
  return new Map(objects.map((object) => [object.uniqueIdentifier, object]));
}

describe('replacements', () => {
  describe('latestReplacementOf', () => {
    it('follows ReplacementObjectLinks to the end, as far as there are rows', () => {
      const first = linked('a', 'ReplacementObjectLink', 'b');
      const second = linked('b', 'ReplacementObjectLink', 'c');
      const third = linked('c', 'ReplacementObjectLink', 'gone');
      const all = among(first, second, third);
      for (const key of [first, second, third]) assert.equal(latestReplacementOf(key, all), third);
    });

    it('takes a link to itself for none', () => {
      const key = linked('a', 'ReplacementObjectLink', 'a');
      assert.equal(latestReplacementOf(key, among(key)), key);
    });

    it('names a circle, and a chain that is too long: WrappingCycle', () => {
      const circle = among(
        linked('a', 'ReplacementObjectLink', 'b'),
        linked('b', 'ReplacementObjectLink', 'a'),
      );
      const long = among(
        ...Array.from({ length: MAX_GENERATIONS + 1 }, (_, place) =>
          linked(String(place), 'ReplacementObjectLink', String(place + 1)),
        ),
        aKey(String(MAX_GENERATIONS + 1)),
      );
      for (const [uid, all] of [['a', circle] as const, ['0', long] as const]) {
        const key = all.get(uid);
        assert.ok(key !== undefined && !(key instanceof KmsError));
        assert.throws(() => latestReplacementOf(key, all), { reason: 'WrappingCycle', uid });
      }
    });
  });
});
