import assert from 'node:assert/strict';
import { certificatesUsing } from '../../src/survey/certificate-links.js';
import { aKey, aKeyOfPair } from '../support/related-objects.js';

const link = (type: string, to: string) => ({ LinkType: type, LinkedObjectIdentifier: to });

describe('the certificates that use a key', () => {
  it('are the latest of the one that it names, and none if their replacements lead in a circle', () => {
    const key = aKeyOfPair('PrivateKey', 'key', [link('CertificateLink', 'one')]);
    const replacedBy = (uid: string, next: string) =>
      aKey(uid, { Link: [link('ReplacementObjectLink', next)] });
    const using = (...objects: ReturnType<typeof aKey>[]) =>
      certificatesUsing(
        key,
        new Map(objects.map((object) => [object.uniqueIdentifier, object])),
        [],
      );
    assert.deepEqual(using(replacedBy('one', 'two'), aKey('two')), ['two']);
    assert.deepEqual(using(replacedBy('one', 'x'), replacedBy('x', 'one')), []);
  });
});
