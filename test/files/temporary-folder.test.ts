// Where temporary files go.
import assert from 'node:assert/strict';
import { temporaryFolderIn } from '../../src/files/temporary-folder.js';
import { temporaryFolder } from '../support/temporary.js';

describe('the folder for temporary files', () => {
  it('is the one that SQLITE_TMPDIR or TMPDIR names, else one of the usual ones', () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    assert.equal(temporaryFolderIn({ SQLITE_TMPDIR: one, TMPDIR: other }), one);
    assert.equal(temporaryFolderIn({ SQLITE_TMPDIR: `${one}/none`, TMPDIR: other }), other);
    assert.equal(temporaryFolderIn({}), '/var/tmp');
  });
});
