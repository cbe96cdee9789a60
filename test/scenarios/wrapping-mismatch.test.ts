// A wrapping key whose halves do not go together: its public key would wrap what its private key cannot open. Nothing
// new is put under such a key.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { describeOnSqlite } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { runDue } from '../support/run.js';
import { runOn } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { DAY, insertRows, JANUARY, newStorePath, rowsOf, storeWith } from '../support/store.js';
import type { Kind } from '../support/wrapping/key-kinds.js';
import { grow } from '../support/wrapping/forest.js';
import { aPlant } from '../support/wrapping/plant.js';

const NOW = JANUARY + 41 * DAY;

/** Two pairs, and a key that is due under the first. */
function twoPairs(kind: Kind): readonly ObjectRow[] {
  const { rows, materials } = grow([
    aPlant({ kind }),
    aPlant({ kind }),
    aPlant({ under: 1, policy: 'due', namesPrivateHalf: true, bytesAlone: true }),
  ]);
  // There are few RSA keys, as they take long to make, and this may be one key twice.
  return materials.get(`${kind}-0`) === materials.get(`${kind}-1`) ? twoPairs(kind) : rows;
}

describeOnSqlite('a wrapping key whose halves do not go together', (database) => {
  for (const kind of ['P256', 'rsa'] as const satisfies readonly Kind[]) {
    const planted = async () => {
      const url = await storeWith(database, twoPairs(kind), []);
      const link = { LinkType: 'PublicKeyLink', LinkedObjectIdentifier: `${kind}-1_pk` };
      await setAttributes(url, `${kind}-0`, { Link: [link] });
      return url;
    };

    it(`gets no replacement that it could not unwrap (${kind}): WrappingKeyUnfit`, async () => {
      const url = await planted();
      const before = await rowsOf(url);
      const { results } = await runDue(url, NOW);
      assert.deepEqual(
        results.map(({ uid, error }) => [uid, error?.reason]),
        [['aes256-2', 'WrappingKeyUnfit']],
      );
      assert.deepEqual(await rowsOf(url), before);
    });

    it(`gets no new key that it could not unwrap (${kind})`, async () => {
      const url = await planted();
      const before = await rowsOf(url);
      const { code, stdout } = await runOn(url, [
        ...['key', 'create', 'new', '--wrap-with', `${kind}-0`, '--json'],
      ]);
      assert.equal(code, 4, stdout);
      assert.equal(errorOf(stdout).reason, 'WrappingKeyUnfit');
      assert.deepEqual(await rowsOf(url), before);
    });
  }
});

describeOnSqlite('a wrapping key that is linked to a replacement of another kind', (database) => {
  const link = (uid: string) => ({
    Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
  });
  const KINDS = [
    ['aes256', 'P256'],
    ['P256', 'aes256'],
  ] as const;

  for (const [kind, other] of KINDS) {
    it(`has nothing put under that one (${kind}, ${other}): WrappingKeyUnfit`, async () => {
      const url = await newStorePath(database);
      const { rows } = grow([
        aPlant({ kind }),
        aPlant({ kind: other }),
        aPlant({ kind: 'hmac', under: 1, way: 3 }),
        aPlant({ kind: 'aes128', under: 1, way: 3, policy: 'due' }),
      ]);
      await insertRows(url, rows, []);
      await setAttributes(url, `${kind}-0`, link(`${other}-1`));
      if (kind === 'P256') await setAttributes(url, `${kind}-0_pk`, link(`${other}-1`));
      const before = await rowsOf(url);
      const { rewrappedDependants, results } = await runDue(url, NOW);
      assert.deepEqual(
        [...rewrappedDependants, ...results].map(({ uid, error }) => [uid, error?.reason]),
        ['aes128-3', 'hmac-2', 'aes128-3'].map((uid) => [uid, 'WrappingKeyUnfit']),
      );
      assert.deepEqual(await rowsOf(url), before);
    });
  }
});
