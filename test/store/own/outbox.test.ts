// The outbox: only one run claims a notification, and what a claim leaves unsettled is there for the next.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.js';
import { LEASE_SECONDS, type Notification } from '../../../src/store/own/outbox-rows.js';
import { describeEachDatabase } from '../../support/databases.js';
import { entriesOf, fill } from '../../support/outbox.js';
import { sql } from '../../support/sql.js';
import { openSuiteStore } from '../../support/suite-store.js';
import { collect } from '../../../src/survey/survey.js';
import { DAY, JANUARY, withStore } from '../../support/store.js';
import type { Claim } from '../../../src/store/own/claim-messages.js';

const LATER = JANUARY + 3600;

function aClaim(changes: Partial<Claim> = {}): Claim {
  return {
    destination: 'webhook test',
    now: LATER,
    runId: 'another',
    token: randomUUID(),
    together: false,
    limit: 100,
    newId: randomUUID(),
    ...changes,
  };
}

describeEachDatabase('the outbox', (database) => {
  const opened = openSuiteStore(database);

  it('gives each notification to one claim only, however many claim at once', async () => {
    const { url } = opened();
    const claimAll = async ({ outbox }: Store) => {
      const got: string[] = [];
      for (;;) {
        const messages = await outbox.claim(aClaim({ limit: 10 }));
        if (messages.length === 0) return got;
        got.push(...messages.map(({ id }) => id));
      }
    };
    const four = [1, 2, 3, 4];
    const claims: string[][] = [];
    const ids = await withStore(url, async (store) => {
      const filled = await fill(store, 100);
      // On SQLite two connections of one process would wait for each other for ever.
      if (database.kind !== 'sqlite') return filled;
      claims.push(...(await Promise.all(four.map(() => claimAll(store)))));
      return filled;
    });
    if (database.kind !== 'sqlite') {
      claims.push(...(await Promise.all(four.map(() => withStore(url, claimAll)))));
    }
    assert.deepEqual(claims.flat().sort(), [...ids].sort());
  });

  it('keeps notifications for the run that wrote them at first, and then for any run', async () => {
    const { store } = opened();
    await fill(store, 1, { runId: 'mine' });
    const { outbox } = store;
    const soon = JANUARY + LEASE_SECONDS - 1;
    assert.equal((await outbox.claim(aClaim({ now: soon }))).length, 0);
    assert.equal((await outbox.claim(aClaim({ now: soon, runId: 'mine' }))).length, 1);
    await fill(store, 1, { runId: 'mine' });
    assert.equal((await outbox.claim(aClaim({ now: soon + 1 }))).length, 1);
  });

  it('gives a claimed notification to no other run until the claim ends, and then with the same id', async () => {
    const { store } = opened();
    await fill(store, 1);
    const [first] = await store.outbox.claim(aClaim());
    const during = aClaim({ now: LATER + LEASE_SECONDS - 1, runId: 'run-1' });
    assert.deepEqual(await store.outbox.claim(during), []);
    const [second] = await store.outbox.claim(aClaim({ now: LATER + LEASE_SECONDS }));
    assert.equal(second?.id, first?.id);
    assert.equal(second?.notifications[0]?.attempts, 2);
  });

  it('ignores the settlement of a claim that has ended and been taken over', async () => {
    const { url, store } = opened();
    const { outbox } = store;
    await fill(store, 1);
    const slow = aClaim();
    const [message] = await outbox.claim(slow);
    const ids = message!.notifications.map(({ id }) => id);
    await outbox.claim(aClaim({ now: LATER + LEASE_SECONDS }));
    await outbox.settle(slow.token, ids, { state: 'given-up', at: LATER, error: 'late' });
    assert.equal((await entriesOf(url))[0]?.state, 'waiting');
  });

  it('makes due what was written by a clock that has been set back by years since', async () => {
    const { store } = opened();
    await fill(store, 1, { createdAt: LATER + 800 * DAY });
    await store.outbox.claim(aClaim({ now: LATER + 801 * DAY }));
    assert.equal((await store.outbox.claim(aClaim())).length, 1);
  });

  it('makes one message of all that waits, which stays the same when others are added', async () => {
    const { store } = opened();
    await fill(store, 3, { runId: 'one' });
    await fill(store, 2, { runId: 'two' });
    const together = (now: number) => store.outbox.claim(aClaim({ together: true, limit: 1, now }));
    const [first] = await together(LATER);
    assert.equal(first?.notifications.length, 5);
    await fill(store, 1, { runId: 'one' });
    const [second] = await together(LATER);
    assert.deepEqual([second?.notifications.length, second?.notifications[0]?.runId], [1, 'one']);
    assert.notEqual(second?.id, first.id);
    // Whoever claimed it was killed.
    const [again] = await together(LATER + LEASE_SECONDS);
    assert.deepEqual([again?.notifications.length, again?.id], [5, first.id]);
  });

  it('repeats a message that was not taken under its id, and under another once it says more', async () => {
    const { store } = opened();
    await fill(store, 2, { runId: 'one' });
    const together = async () => {
      const claim = aClaim({ together: true, limit: 1, now: LATER });
      const [message] = await store.outbox.claim(claim);
      const ids = (message?.notifications ?? []).map(({ id }) => id);
      const failed = { state: 'waiting', nextAttemptAt: LATER, error: 'it is down' } as const;
      await store.outbox.settle(claim.token, ids, failed);
      return message;
    };
    const first = await together();
    const again = await together();
    assert.deepEqual([again?.id, again?.notifications.length], [first?.id, 2]);
    await fill(store, 1, { runId: 'two' });
    const more = await together();
    assert.deepEqual([more?.id === first?.id, more?.notifications.length], [false, 3]);
    assert.equal((await together())?.id, more?.id);
  });

  it('claims what was tried least first, so that one bad event does not block others', async () => {
    const { store } = opened();
    const [bad] = await fill(store, 1);
    await store.outbox.claim(aClaim());
    const [good] = await fill(store, 1);
    const now = LATER + LEASE_SECONDS;
    const order = [];
    for (let tries = 0; tries < 2; tries += 1) {
      order.push((await store.outbox.claim(aClaim({ limit: 1, now })))[0]?.id);
    }
    assert.deepEqual(order, [good, bad]);
  });

  it('does not count an attempt that was released', async () => {
    const { url, store } = opened();
    await fill(store, 1);
    const claim = aClaim();
    const [message] = await store.outbox.claim(claim);
    const ids = message!.notifications.map(({ id }) => id);
    await store.outbox.settle(claim.token, ids, { state: 'released', at: LATER });
    assert.equal((await entriesOf(url))[0]?.attempts, 0);
    assert.equal((await store.outbox.claim(aClaim())).length, 1);
  });

  it('makes everything due again on request, except what a run is sending', async () => {
    const { url, store } = opened();
    const [first, second] = await fill(store, 3);
    const update = 'UPDATE kms_rotation_outbox SET attempts = 9, state = ? WHERE event_id = ?';
    await sql(url, update, 'given-up', first);
    await sql(url, update, 'sent', second);
    await store.outbox.claim(aClaim());
    assert.equal(await store.outbox.retryNow({ destination: 'hook other', now: LATER }), 0);
    assert.equal(await store.outbox.retryNow({ destination: null, now: LATER }), 1);
    const states = (await entriesOf(url)).map(({ state }) => state);
    assert.deepEqual(states, ['waiting', 'sent', 'waiting']);
  });

  it('is listed in pages, the oldest first', async () => {
    const { store } = opened();
    const ids = await fill(store, 2100);
    const pages = await collect(store.outbox.list(['waiting']));
    assert.ok(pages.length > 1);
    const listed = pages.flat().map(({ eventId }: Notification) => eventId);
    assert.deepEqual(listed, ids);
    assert.deepEqual(await collect(store.outbox.list(['sent', 'given-up'])), []);
  });
});
