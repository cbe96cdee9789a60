// The uids that a new object may have.
import assert from 'node:assert/strict';
import { newUid } from '../../src/creation/new-uid.js';

describe('a new uid', () => {
  for (const uid of ['k', 'two  words', 'ops@example.org', 'a@', '鍵', '-x', '{"a":1}']) {
    it(`may be ${uid}`, () => {
      assert.equal(newUid(uid), uid);
    });
  }

  it('is a random UUID if none is given', () => {
    assert.match(newUid(undefined), /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.notEqual(newUid(undefined), newUid(undefined));
  });

  for (const [uid, message] of [
    [' ', /" " begins or ends with a blank/],
    ['k ', /"k " begins or ends with a blank/],
    ['a\nb', /"a\\nb" contains a control character/],
    ['a\u2028b', /control character/],
    ['a@latest', /would mean a generation of the keyset "a"/],
    ['a@first', /would mean a generation/],
    ['a@7', /would mean a generation/],
  ] as const) {
    it(`is not ${JSON.stringify(uid)}`, () => {
      assert.throws(() => newUid(uid), { reason: 'InvalidArgument', message });
    });
  }
});
