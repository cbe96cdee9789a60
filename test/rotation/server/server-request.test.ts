// What has become of a request whose answer nobody has: by what the store has of the key and of what replaces it.
import assert from 'node:assert/strict';
import { decodeRow, type ManagedObject } from '../../../src/kmip/managed-object.js';
import { isAbandoned, outcomeOf } from '../../../src/rotation/server/server-request.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const linked = (uid: string, LinkType: string, to: string): ManagedObject =>
  decodeRow(aSymmetricKey({ uid }, { Link: [{ LinkType, LinkedObjectIdentifier: to }] }, {}));
const untouched = decodeRow(aSymmetricKey({ uid: 'key' }));
const retired = linked('key', 'ReplacementObjectLink', 'new');
const made = linked('new', 'ReplacedObjectLink', 'key');
const kindOf = (key: ManagedObject | null, others: readonly ManagedObject[]) =>
  outcomeOf(key, others).kind;

describe('the outcome of a request', () => {
  it('is what the links of both say', () => {
    assert.equal(kindOf(untouched, []), 'untouched');
    assert.equal(kindOf(untouched, [made]), 'unfinished');
    assert.deepEqual(outcomeOf(retired, [made]), {
      kind: 'rotated',
      made: { uid: 'new', publicUid: null },
    });
    assert.equal(kindOf(retired, []), 'overtaken');
    assert.equal(kindOf(retired, [linked('other', 'ReplacedObjectLink', 'key')]), 'overtaken');
  });

  it('is what the one replacement says of a key that was destroyed since, or is gone', () => {
    for (const key of [
      null,
      decodeRow(aSymmetricKey({ uid: 'key' }, {}, { state: 'Destroyed' })),
    ]) {
      assert.equal(kindOf(key, [made]), 'rotated');
      assert.equal(kindOf(key, []), 'overtaken');
      assert.equal(kindOf(key, [made, linked('other', 'ReplacedObjectLink', 'key')]), 'overtaken');
    }
  });
});

describe('a request', () => {
  it('is left to the run that made it for ten answers', () => {
    assert.equal(isAbandoned({ touchedAt: 1000 }, 1100, 10), false);
    assert.equal(isAbandoned({ touchedAt: 1000 }, 1101, 10), true);
  });
});
