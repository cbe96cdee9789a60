// The parameters of database URLs, and what people may read about them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  isSecretParameter,
  parameterFinder,
  PARAMETERS,
} from '../../../../src/store/connect/url/url-parameters.js';

const MANUAL = readFileSync(new URL('../../../../man/kms-databases.7', import.meta.url), 'utf8');

describe('parameters of database URLs', () => {
  for (const name of PARAMETERS.postgresql) {
    it(`have ${name} in the manual`, () => {
      // One sentence says that the names of MySQL may have _ in place of -.
      assert.ok(
        MANUAL.includes(name.replace(/^ssl_(?!mode).*/, (all) => all.replaceAll('_', '-'))),
      );
    });
  }

  it('are secret if they are passwords', () => {
    assert.deepEqual(PARAMETERS.postgresql.filter(isSecretParameter), [
      'sslpassword',
      'ssl-client-identity-password',
      'ssl_client_identity_password',
      'password',
    ]);
  });

  it('count before their defaults, and only once', () => {
    const defaults = { b: { name: 'PGB', text: '2' }, c: { name: 'PGC', text: '3' } };
    const find = parameterFinder(new URLSearchParams('a=1&b=4&x=1&y=2'), defaults);
    assert.deepEqual(find(['a']), { name: 'a', text: '1', isDefault: false });
    assert.deepEqual(find(['b']), { name: 'b', text: '4', isDefault: false });
    assert.deepEqual(find(['other', 'c']), { name: 'PGC', text: '3', isDefault: true });
    assert.equal(find(['d']), null);
    assert.throws(() => find(['x', 'y']), /x or y is given twice/);
  });
});
