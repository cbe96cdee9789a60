// What is said of a uid that only tags and grants have: which rows, and how to delete them.
import assert from 'node:assert/strict';
import { leftOversError } from '../../src/rotation/left-overs.js';

describe('tags and grants without an object', () => {
  it('are named by table and number, with the statements that delete them', () => {
    const { reason, message, hint, uid } = leftOversError(
      'KeysetConflict',
      { uid: "a'b@1", tags: 2, grants: 1 },
      "a'b",
    );
    assert.deepEqual([reason, uid], ['KeysetConflict', "a'b"]);
    assert.match(
      message,
      /"a'b" cannot be replaced: .*"a'b@1" has 2 rows of tags and 1 row of read_access, but no object/,
    );
    assert.match(
      hint ?? '',
      /DELETE FROM tags WHERE id = 'a''b@1'; DELETE FROM read_access WHERE id = 'a''b@1'/,
    );
  });

  it('come without a statement under a uid with a backslash, which some databases take for an escape', () => {
    const uid = "\\'; DELETE FROM objects; -- ";
    const { hint } = leftOversError('UidTaken', { uid, tags: 1, grants: 1 });
    assert.doesNotMatch(hint ?? '', /DELETE FROM/);
    assert.match(hint ?? '', /delete these rows/);
  });

  it('are named alone where there is no key to replace, and no table that has none', () => {
    const { message, hint, uid } = leftOversError('UidTaken', { uid: 'new', tags: 0, grants: 1 });
    assert.equal(uid, 'new');
    assert.match(message, /^the uid "new" has 1 row of read_access, but no object$/);
    assert.doesNotMatch(hint ?? '', /FROM tags/);
  });
});
