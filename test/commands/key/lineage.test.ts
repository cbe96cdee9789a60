// `kms key lineage UID`: all generations of a key, oldest first, from whichever of them one starts.
import assert from 'node:assert/strict';
import KeyLineage from '../../../src/commands/key/lineage.js';
import RotateKey from '../../../src/commands/rotate/key.js';
import { runCommand, runJson } from '../../support/command.js';
import { valid, type Documents } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { storeWith } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

async function lineage(store: string, uid: string): Promise<Documents['lineage']> {
  const { exitCode, document } = await runJson(KeyLineage, store, [uid]);
  assert.equal(exitCode, 0, JSON.stringify(document));
  return valid('lineage', document);
}

const uidsOf = ({ generations }: Documents['lineage']) => generations.map(({ uid }) => uid);

describe('kms key lineage', () => {
  it('draws a keyset from generation 0 to the latest, by number and not by text', async () => {
    const store = await storeWith([aSymmetricKey({ uid: 'set', keyset: true })]);
    const expected = ['set'];
    for (let generation = 1; generation <= 11; generation += 1) {
      await runJson(RotateKey, store, ['set'], JANUARY + generation * DAY);
      expected.push(`set@${generation}`);
    }
    for (const address of ['set', 'set@first', 'set@5', 'set@latest']) {
      assert.deepEqual(uidsOf(await lineage(store, address)), expected);
    }
    const { generations } = await lineage(store, 'set');
    const states = generations.map(({ state }) => state);
    assert.deepEqual(states, [...Array<string>(11).fill('Deactivated'), 'Active']);
  });

  it('follows the links of keys outside any keyset', async () => {
    const store = await storeWith([aSymmetricKey({ uid: 'first' })]);
    const uids = ['first'];
    for (let day = 1; day <= 3; day += 1) {
      const last = uids.at(-1) ?? '';
      const { document } = await runJson(RotateKey, store, [last], JANUARY + day * DAY);
      uids.push((document as { results: { replacementUid: string }[] }).results[0]!.replacementUid);
    }
    for (const uid of uids) assert.deepEqual(uidsOf(await lineage(store, uid)), uids);
  });

  it('ends where links run in a circle or to a row that is gone', async () => {
    const link = (uid: string) => ({
      Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
    });
    const store = await storeWith([
      aSymmetricKey({ uid: 'a' }, link('b')),
      aSymmetricKey({ uid: 'b' }, link('a')),
      aSymmetricKey({ uid: 'c' }, link('gone')),
    ]);
    assert.deepEqual(uidsOf(await lineage(store, 'a')), ['a', 'b']);
    assert.deepEqual(uidsOf(await lineage(store, 'c')), ['c']);
  });

  it('draws one below the other, the latest with its deadline', async () => {
    const store = await storeWith([aSymmetricKey({ uid: 'set', keyset: true })]);
    await runJson(RotateKey, store, ['set'], JANUARY + DAY);
    const { stdout } = await runCommand(KeyLineage, store, ['set'], JANUARY + DAY);
    assert.equal(
      stdout,
      [
        '○ set  Deactivated',
        '│   generation 0, since 2026-01-10T08:00:00Z',
        '│',
        '● set@1  Active, due 2026-02-10T08:00:00Z (in 30 d)',
        '    generation 1, since 2026-01-11T08:00:00Z',
        '',
      ].join('\n'),
    );
  });
});

describeGolden('kms key lineage on stores of the server', () => {
  it('finds the generations that the server made', async () => {
    const store = goldenCopy('store.sqlite');
    const expected = ['keyset-rotated', 'keyset-rotated@1', 'keyset-rotated@2'];
    assert.deepEqual(uidsOf(await lineage(store, 'keyset-rotated')), expected);
  });

  it('leads from a replaced key to its replacement and back', async () => {
    const store = goldenCopy('store-rotated.sqlite');
    const uids = uidsOf(await lineage(store, 'aes256'));
    assert.equal(uids.length, 2);
    assert.equal(uids[0], 'aes256');
    assert.deepEqual(uidsOf(await lineage(store, uids[1]!)), uids);
  });
});
