// One listed key as a document tells of it, and what its algorithm and length are taken from.
import assert from 'node:assert/strict';
import { dueListJson, listedKey } from '../../../src/views/due/due-list.js';
import { KmsError } from '../../../src/errors.js';
import { decodeRow, algorithmOf, type ManagedObject } from '../../../src/kmip/managed-object.js';
import { evaluate } from '../../../src/rotation/eligibility.js';
import { valid } from '../../support/documents.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { aCandidate, NO_KEK } from '../../support/candidates.js';
import { aListedKey } from '../../support/views.js';
import { lengthOf } from '../../../src/views/keys/key-length.js';

const NOW = JANUARY + 31 * DAY;
const TERMS = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;

function listedOf(members: Record<string, unknown>): ReturnType<typeof listedKey> {
  const row = aSymmetricKey({}, members);
  const candidate = aCandidate(row);
  return listedKey({ candidate, evaluation: evaluate(candidate, TERMS, null) }, NOW, NO_KEK);
}

describe('a listed key', () => {
  it('that is due tells by how much', () => {
    const { due, overdueSeconds, verdict } = listedOf({});
    assert.deepEqual([due, overdueSeconds, verdict], [true, DAY, 'due']);
  });

  it('that is not due is overdue by nothing', () => {
    const { due, overdueSeconds, deadline } = listedOf({ RotateInterval: 60 * DAY });
    assert.deepEqual([due, overdueSeconds, deadline], [false, 0, '2026-03-11T08:00:00Z']);
  });

  it('without a schedule has neither deadline nor rule', () => {
    const { due, deadline, deadlineRule, overdueSeconds } = listedOf({ RotateInterval: 0 });
    assert.deepEqual([due, deadline, deadlineRule, overdueSeconds], [false, null, null, null]);
  });

  it('that cannot be read tells what its columns tell, and why', () => {
    const row = aSymmetricKey({}, {}, { object: '{', wrappingKeyId: 'kek' });
    const candidate = aCandidate(row, {
      object: new KmsError('MalformedObject', 'no JSON', { uid: row.id }),
    });
    const key = listedKey({ candidate, evaluation: evaluate(candidate, TERMS, null) }, NOW, NO_KEK);
    assert.deepEqual(
      [key.uid, key.owner, key.state, key.wrappingKeyUid, key.algorithm, key.flow, key.due],
      ['key-1', 'ops@example.org', 'Active', 'kek', null, null, null],
    );
    assert.equal(key.verdict, 'undecidable');
    assert.equal(key.error?.reason, 'MalformedObject');
  });
});

describe('the document of a due list', () => {
  const keys = [aListedKey()];
  const AT = { store: 'test-store', now: NOW };

  it('has verdicts and orphans only when explained', () => {
    const plain = valid(
      'due-list',
      dueListJson(keys, AT, { staleDependants: null, conditions: new Map(), expiring: null }),
    );
    assert.deepEqual(
      [plain.count, plain.orphans, plain.keys[0]?.verdict],
      [1, undefined, undefined],
    );
    const explained = valid(
      'due-list',
      dueListJson(keys, AT, { staleDependants: [], conditions: new Map(), expiring: null }),
    );
    assert.deepEqual([explained.count, explained.orphans], [1, []]);
    assert.equal(explained.keys[0]?.verdict, 'due');
  });

  it('says at what time it was true, and of which store', () => {
    const { now, store } = valid(
      'due-list',
      dueListJson([], AT, { staleDependants: null, conditions: new Map(), expiring: null }),
    );
    assert.deepEqual([now, store], ['2026-02-10T08:00:00Z', 'test-store']);
  });
});

describe('the algorithm and length of a key', () => {
  function imported(changes: Record<string, unknown>): ManagedObject {
    const row = aSymmetricKey({ lengthBits: 192 });
    const object = JSON.parse(row.object) as {
      SymmetricKey: { KeyBlock: Record<string, unknown> };
    };
    Object.assign(object.SymmetricKey.KeyBlock, changes);
    const attributes = JSON.parse(row.attributes) as Record<string, unknown>;
    delete attributes['CryptographicLength'];
    const texts = { object: JSON.stringify(object), attributes: JSON.stringify(attributes) };
    return decodeRow({ ...row, ...texts });
  }

  it('stand in the key block', () => {
    assert.equal(lengthOf(imported({})), 192);
    assert.equal(algorithmOf(imported({ CryptographicAlgorithm: 'ChaCha20' })), 'ChaCha20');
  });

  it('are the attributes’ where the key block is silent', () => {
    assert.equal(algorithmOf(imported({ CryptographicAlgorithm: undefined })), 'AES');
  });

  it('are counted from the material where neither tells the length', () => {
    assert.equal(lengthOf(imported({ CryptographicLength: undefined })), 192);
  });
});
