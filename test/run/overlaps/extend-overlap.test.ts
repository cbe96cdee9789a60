// The end of an overlap is moved while it lies ahead, for all that retires together.
import assert from 'node:assert/strict';
import { extendOverlap } from '../../../src/run/overlaps/extend-overlap.js';
import { describeOnSqlite } from '../../support/databases.js';
import { aCipherKey, attributesOf, OVERLAP, retiringIn, WEEK } from '../../support/overlaps.js';
import { aKeyPair } from '../../support/pairs.js';
import { contextOf, runDue } from '../../support/run.js';
import { DAY, dateOf, JANUARY, storeWith, withStore } from '../../support/store.js';
import { valuesOf } from '../../support/values-of.js';

const NOW = JANUARY + 41 * DAY;
const END = NOW + WEEK;

describeOnSqlite('the end of an overlap', (database) => {
  const extend = (url: string, uid: string, now: number, seconds: number) =>
    withStore(url, (store) => extendOverlap(contextOf(store, now), uid, seconds));
  const rotated = async (row = aCipherKey('k')) => {
    const url = await storeWith(database, [row]);
    await runDue(url, NOW, OVERLAP);
    return url;
  };

  it('is moved while it lies ahead, in the row too, and the key retires at the new one', async () => {
    const url = await rotated();
    const { endsAt, previousEndsAt, headUid, uids } = await extend(url, 'k', END - 1, WEEK);
    assert.deepEqual([endsAt, previousEndsAt, headUid, uids], [END - 1 + WEEK, END, 'k@1', ['k']]);
    assert.deepEqual((await attributesOf(url, 'k'))['DeactivationDate'], dateOf(END - 1 + WEEK));
    assert.deepEqual((await runDue(url, END + DAY)).retired, []);
    assert.deepEqual(valuesOf((await runDue(url, endsAt)).retired, 'uid'), ['k']);
  });

  it('is now if that is asked for: the next run retires the key', async () => {
    const url = await rotated();
    await extend(url, 'k', NOW + DAY, 0);
    assert.deepEqual(valuesOf((await runDue(url, NOW + DAY)).retired, 'endsAt'), [NOW + DAY]);
  });

  it('is never moved beyond the key’s own end', async () => {
    const own = NOW + 3 * DAY;
    const url = await rotated(aCipherKey('k', { DeactivationDate: dateOf(own) }));
    const { endsAt, isCut } = await extend(url, 'k', NOW + DAY, WEEK);
    assert.deepEqual([endsAt, isCut], [own, true]);
  });

  it('is moved for both keys of a pair, whichever is named', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const url = await storeWith(database, [privateKey.row, publicKey.row], []);
    await runDue(url, NOW, OVERLAP);
    const { uids } = await extend(url, 'pair_pk', NOW, DAY);
    assert.deepEqual([...uids].sort(), ['pair', 'pair_pk']);
    assert.deepEqual(valuesOf(await retiringIn(url), 'endsAt'), [NOW + DAY, NOW + DAY]);
  });

  it('is refused, naming the head, once it has passed, and for what does not retire', async () => {
    const url = await rotated();
    const refusal = (message: RegExp) => ({ reason: 'NotRetiring', message });
    await assert.rejects(extend(url, 'k', END, WEEK), refusal(/replaced by "k@1"/));
    await assert.rejects(extend(url, 'k@1', NOW, WEEK), refusal(/is not replaced/));
    await runDue(url, END);
    await assert.rejects(extend(url, 'k', END, WEEK), refusal(/replaced by "k@1"/));
    assert.deepEqual(await retiringIn(url), []);
  });
});
