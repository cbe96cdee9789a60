// What `kms prune` keeps: a table of what each rule keeps, on every database, and over random logs that all who read the
// log get the same answers as before.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import { LOG_OUTCOMES, type LogEntry } from '../../../src/store/own/rotation-log.js';
import { warningRow } from '../../../src/store/own/warnings.js';
import type { Store } from '../../../src/store/store.js';
import { collect } from '../../../src/survey/survey.js';
import { lineageOf } from '../../../src/views/keys/lineage.js';
import { describeEachDatabase, describeOnSqlite } from '../../support/databases.js';
import { tries } from '../../support/effort.js';
import { doctor } from '../../support/doctor.js';
import { logged, WRITER } from '../../support/log-entries.js';
import { fill } from '../../support/outbox.js';
import { sql } from '../../support/sql.js';
import { openSuiteStore } from '../../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY } from '../../support/store.js';

const NOW = JANUARY + 1000 * DAY;
const KEEP = 400 * DAY;
const OLD = NOW - KEEP - DAY;
const options = { now: NOW, olderThanSeconds: KEEP, dryRun: false, writer: WRITER };

/** An old entry, in a few letters: its outcome, uid and what follows. */
const entries: Readonly<Record<string, Pick<LogEntry, 'uid' | 'outcome'> & Partial<LogEntry>>> = {
  'kept: what replaced an object': { uid: 'here', outcome: 'rotated', replacementUid: 'gone' },
  'kept: what an object replaced': { uid: 'gone', outcome: 'rotated', replacementUid: 'here' },
  'kept: completed': { uid: 'here', outcome: 'completed', replacementUid: 'gone' },
  'kept: rolled back': { uid: 'gone', outcome: 'rolled-back', replacementUid: 'here' },
  'kept: repaired': { uid: 'here', outcome: 'repaired' },
  'removed: policy, before another': { uid: 'here', outcome: 'policy' },
  'kept: policy, the last': { uid: 'here', outcome: 'policy' },
  'removed: policy of what is gone': { uid: 'gone', outcome: 'policy' },
  'removed: case is not ignored': { uid: 'HERE', outcome: 'rotated', replacementUid: 'GONE' },
  'removed: rotated, both gone': { uid: 'gone', outcome: 'rotated', replacementUid: 'gone-2' },
  'removed: repaired, gone': { uid: 'gone', outcome: 'repaired' },
  'removed: mended': { uid: 'here', outcome: 'mended' },
  'removed: failed, no longer': { uid: 'here', outcome: 'failed' },
  'removed: recovered': { uid: 'here', outcome: 'recovered' },
  'kept: failed, and still does': { uid: 'failing', outcome: 'failed' },
  'kept: a message about it waits': { uid: 'here', outcome: 'mended', runId: 'run-waiting' },
};

const NEVER_OVER = { uid: 'failing', kind: 'rotation-failed', first: OLD, resolved: null } as const;

describeEachDatabase('kms prune', (database) => {
  const opened = openSuiteStore(database);
  const condition = async (row: {
    readonly uid: string;
    readonly first: number;
    readonly resolved: number | null;
  }) => {
    await sql(
      opened().url,
      `INSERT INTO kms_rotation_conditions (condition_key, id, kind, subject, about, reason, message,
        first_seen_at, last_seen_at, failures, resolved_at) VALUES (?, ?, 'rotation-failed', ?, '{}',
        'Undecidable', 'it cannot be read', ?, ?, 1, ?)`,
      ...[row.uid, row.uid, row.uid, row.first, row.first, row.resolved],
    );
  };
  const messages = async () =>
    (await collect(opened().store.findLogEntries({}))).flat().map(({ message }) => message);

  it('keeps of the log what an object, a failure or a message still needs, and what is young', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey({ uid: 'here' })]);
    await condition(NEVER_OVER);
    await fill(store, 1, { runId: 'run-waiting' });
    const old = Object.entries(entries).map(([message, entry]) =>
      logged(OLD, { ...entry, message }),
    );
    const before = logged(OLD - 1, {
      uid: 'failing',
      outcome: 'failed',
      message: 'removed: an earlier failure',
    });
    const young = logged(NOW - KEEP, { uid: 'gone', outcome: 'mended', message: 'kept: young' });
    await store.writeOwnRows([before, ...old, young]);
    const count = (word: string) =>
      Object.keys(entries).filter((key) => key.startsWith(word)).length;
    const expected = { removed: count('removed') + 1, needed: count('kept') };
    const tried = await store.pruneHistory({ ...options, dryRun: true });
    assert.deepEqual([tried.log, (await messages()).length], [expected, old.length + 2]);
    assert.deepEqual((await store.pruneHistory(options)).log, expected);
    assert.deepEqual(
      (await messages()).filter((message) => message?.startsWith('kept') !== true),
      [],
    );
    assert.deepEqual((await store.pruneHistory(options)).log, { ...expected, removed: 0 });
  });

  it('removes messages that are done, warnings whose deadline is over, and failures that are over', async () => {
    const { url, store } = opened();
    const retired = aSymmetricKey({ uid: 'retired' }, {}, { state: 'Deactivated' });
    await insertRows(url, [aSymmetricKey({ uid: 'active' }), retired]);
    const ids = ['waiting', 'done', 'young'];
    for (const uid of ids) await fill(store, 1, { eventId: uid, uid });
    await sql(
      url,
      `UPDATE kms_rotation_outbox SET state = 'sent', settled_at = ? WHERE uid = 'done'`,
      OLD,
    );
    await sql(
      url,
      `UPDATE kms_rotation_outbox SET state = 'given-up', settled_at = ? WHERE uid = 'young'`,
      NOW - KEEP,
    );
    const warned = (uid: string, deadline: number, eventId = 'x') =>
      warningRow({ uid, kind: 'rotation', deadline, thresholdDays: 7 }, { eventId, at: OLD - DAY });
    await store.writeOwnRows([
      ...['active', 'retired', 'gone'].map((uid) => warned(uid, OLD)),
      warned('retired', NOW),
      warned('gone', OLD - 1, 'waiting'),
    ]);
    await condition(NEVER_OVER);
    await condition({ uid: 'over', first: OLD, resolved: OLD });
    await condition({ uid: 'lately', first: OLD, resolved: NOW - KEEP });
    const expected = {
      log: { removed: 0, needed: 0 },
      outbox: { removed: 1, needed: 0 },
      warnings: { removed: 2, needed: 2 },
      conditions: { removed: 1, needed: 0 },
    };
    assert.deepEqual(await store.pruneHistory({ ...options, dryRun: true }), expected);
    assert.deepEqual(await store.pruneHistory(options), expected);
    assert.deepEqual((await store.tableSizes()).conditions, 2);
    const left = await sql<{ uid: string }>(url, 'SELECT uid FROM kms_rotation_outbox');
    assert.deepEqual(left.map(({ uid }) => uid).sort(), ['waiting', 'young']);
    const days90 = { ...options, olderThanSeconds: DAY };
    await sql(url, `UPDATE kms_rotation_outbox SET event_type = 'kms.warning'`);
    assert.equal((await store.pruneHistory(days90)).outbox.removed, 1);
  });

  it('goes through more rows than one transaction takes', async () => {
    const { store } = opened();
    await store.writeOwnRows(
      Array.from({ length: 1201 }, (_, index) =>
        logged(OLD, { uid: `gone-${index}`, outcome: 'mended' }),
      ),
    );
    assert.deepEqual((await store.pruneHistory(options)).log, { removed: 1201, needed: 0 });
    assert.equal(
      (await store.tableSizes()).log,
      4,
      'the chain keeps its opening and says what went',
    );
  });
});

const UIDS = ['a', 'b', 'c', 'd', 'e'];
const aUid = fc.constantFrom(...UIDS);

const anEntry = fc.record({
  uid: aUid,
  other: aUid,
  outcome: fc.constantFrom(...LOG_OUTCOMES),
  ageDays: fc.integer({ min: 300, max: 500 }),
  interval: fc.constantFrom('policy: 30d', 'policy: none', 'policy: 30d -> 60d'),
});

const anObject = fc.record({
  state: fc.constantFrom('Active', 'Deactivated', 'PreActive'),
  replaces: fc.option(aUid),
  replacedBy: fc.option(aUid),
  intervalSeconds: fc.constantFrom(null, 30 * DAY),
});

const aStore = fc.dictionary(aUid, anObject, { minKeys: 1, maxKeys: UIDS.length });

describeOnSqlite('after kms prune', (database) => {
  const opened = openSuiteStore(database);

  it('all who read the log get the same answers about objects that are still there', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(aStore, fc.array(anEntry, { maxLength: 25 }), async (objects, log) => {
        const { url, store } = opened();
        for (const table of ['objects', 'tags', 'kms_rotation_log']) {
          await sql(url, `DELETE FROM ${table}`);
        }
        await insertRows(url, Object.entries(objects).map(rowOf));
        await store.writeOwnRows(log.map(entryOf));
        const uids = Object.keys(objects);
        const before = await answers(url, store, uids);
        const { log: length } = await store.tableSizes();
        const { log: pruned } = await store.pruneHistory(options);
        assert.deepEqual(await answers(url, store, uids), before);
        const left = length - pruned.removed + Number(pruned.removed > 0);
        assert.equal((await store.tableSizes()).log, left);
      }),
      { numRuns: tries(3, 8, 500) },
    );
  });
});

type Generated<T> = T extends fc.Arbitrary<infer Value> ? Value : never;

function rowOf([uid, one]: [string, Generated<typeof anObject>]): ObjectRow {
  const link = (type: string, to: string | null) =>
    to === null || to === uid ? [] : [{ LinkType: type, LinkedObjectIdentifier: to }];
  const links = [
    ...link('ReplacedObjectLink', one.replaces),
    ...link('ReplacementObjectLink', one.replacedBy),
  ];
  const { state, intervalSeconds } = one;
  return aSymmetricKey({ uid, intervalSeconds }, { State: state, Link: links }, { state });
}

function entryOf({ uid, other, outcome, ageDays, interval }: Generated<typeof anEntry>) {
  const replaces = ['rotated', 'completed', 'rolled-back'].includes(outcome);
  return logged(NOW - ageDays * DAY, {
    ...{ uid, outcome },
    replacementUid: replaces ? other : null,
    message: outcome === 'rolled-back' ? '{"Name": "n"}' : interval,
  });
}

/** What runs, doctor and lineage make of the log. Of changes of a policy only the last one counts. */
async function answers(url: string, store: Store, uids: readonly string[]) {
  const facts = await store.loggedFacts(uids);
  const counting = facts.filter(
    (fact) =>
      fact.outcome !== 'policy' ||
      fact === facts.findLast((other) => other.uid === fact.uid && other.outcome === 'policy'),
  );
  const view = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
  return {
    replacements: await store.loggedReplacements(uids),
    takenBack: await store.takenBackFrom(uids),
    counting,
    lineages: await Promise.all(uids.map((uid) => lineageOf(store, uid, view))),
    doctor: (await doctor(url, ['--only', 'lost-schedule'], NOW)).findings,
    all: (await doctor(url, [], NOW)).findings,
  };
}
