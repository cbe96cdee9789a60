// The links by which related objects are found.
import assert from 'node:assert/strict';
import { privateUidOf, publicUidOf, relatedUids } from '../../src/rotation/related-objects.js';
import { aKeyOfPair, linkOf } from '../support/related-objects.js';

describe('the keys of a pair', () => {
  it('name each other by their links, else by _pk', () => {
    assert.equal(publicUidOf(aKeyOfPair('PrivateKey', 'a')), 'a_pk');
    assert.equal(publicUidOf(aKeyOfPair('PrivateKey', 'a', linkOf('PublicKeyLink', 'b'))), 'b');
    assert.equal(privateUidOf(aKeyOfPair('PublicKey', 'a_pk')), 'a');
    assert.equal(privateUidOf(aKeyOfPair('PublicKey', 'a_pk', linkOf('PrivateKeyLink', 'b'))), 'b');
    assert.equal(privateUidOf(aKeyOfPair('PublicKey', 'a')), null);
  });

  it('are related objects, as replacements and wrapping keys are', () => {
    const uids = relatedUids(aKeyOfPair('PrivateKey', 'a', linkOf('ReplacementObjectLink', 'c')));
    assert.deepEqual([...uids].sort(), ['a_pk', 'c']);
  });
});
