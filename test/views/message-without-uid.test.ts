// Messages beside the uid that they are about.
import assert from 'node:assert/strict';
import { messageWithoutUid } from '../../src/views/message-without-uid.js';

describe('a message beside a uid', () => {
  it('does not begin with it once more', () => {
    const uid = 'a "b"';
    assert.equal(messageWithoutUid(uid, '"a \\"b\\"" cannot be rotated'), 'cannot be rotated');
    assert.equal(messageWithoutUid(uid, 'the row of "a \\"b\\"" is malformed'), 'is malformed');
  });

  it('is left as it is if it begins otherwise', () => {
    for (const message of ['"another" is due', 'twice, last for Unsupported', '']) {
      assert.equal(messageWithoutUid('a', message), message);
    }
  });
});
