// Private keys that link to another key's public key: all of them, with the index and without it, and no other row read.
import assert from 'node:assert/strict';
import { findForeignPublicKeyLinks } from '../../../src/store/find/find-foreign-public-key-links.js';
import { collect } from '../../../src/survey/survey.js';
import { describeEachDatabase } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { dropOurIndexes, setAttributes } from '../../support/meddle.js';
import {
  aSymmetricKey,
  insertRows,
  newStorePath,
  storeWith,
  withStore,
} from '../../support/store.js';

const linkTo = (uid: string, type = 'PublicKeyLink') => ({
  LinkType: type,
  LinkedObjectIdentifier: uid,
});

function privateKey(uid: string, links: readonly object[], state = 'Active') {
  const members = { ObjectType: 'PrivateKey', Link: links, State: state };
  return aSymmetricKey({ uid }, members, { state });
}

const ROWS = [
  privateKey('own', [linkTo('own_pk')]),
  privateKey('foreign', [linkTo('own_pk')]),
  privateKey('pre-active', [linkTo('no-such')], 'PreActive'),
  privateKey('retired', [linkTo('own_pk')], 'Deactivated'),
  privateKey('replaced', [linkTo('own_pk'), linkTo('later', 'ReplacementObjectLink')]),
  privateKey('unlinked', [linkTo('own_pk', 'PreviousLink')]),
  aSymmetricKey({ uid: 'symmetric' }, { Link: [linkTo('own_pk')] }),
];

describeEachDatabase('findForeignPublicKeyLinks', (database) => {
  it('finds each that is Active or PreActive, with the index and without it', async () => {
    const url = await storeWith(database, ROWS);
    const found = () =>
      withStore(url, async (store) => {
        const pages = await collect(store.findForeignPublicKeyLinks());
        return pages.flat().map(({ id }) => id);
      });
    assert.deepEqual(await found(), ['foreign', 'pre-active']);
    await setAttributes(url, 'foreign', { Link: [linkTo('foreign_pk')] });
    await setAttributes(url, 'own', { Link: [linkTo('foreign_pk')] });
    assert.deepEqual(await found(), ['own', 'pre-active']);
    await dropOurIndexes(url);
    assert.deepEqual(await found(), ['own', 'pre-active']);
  });

  it('reads only the index, however many objects there are (EXPLAIN)', async () => {
    const url = await newStorePath(database);
    const many = Array.from({ length: 3000 }, (_, i) => privateKey(`k${i}`, [linkTo(`k${i}_pk`)]));
    await insertRows(url, [...many, ...ROWS], []);
    const [statement = ''] = await statementsOf(url, async (connection) => {
      await collect(findForeignPublicKeyLinks(connection));
    });
    const plan = await planOf(url, statement);
    assert.match(plan, /kms_rotation_foreign_links/);
    assert.doesNotMatch(plan, /Seq Scan|filesort|B-TREE|[sS]ort:|"type":"(ALL|index)"/);
  });
});
