// Giving warnings, on every database: each once, whoever runs when and where, and anew when the deadline moves.
import assert from 'node:assert/strict';
import {
  ACCEPTED,
  unavailable,
  type Destination,
  type Message,
} from '../../src/notify/destination.js';
import { matchesFilter, type EventFilter } from '../../src/notify/event-filter.js';
import type { JsonObject } from '../../src/kmip/json.js';
import { NO_NOTIFIER } from '../../src/notify/notifier.js';
import type { KmsEvent } from '../../src/report/events.js';
import type { WarningEvent } from '../../src/report/run-events.js';
import { eventDigest } from '../../src/notify/event-digest.js';
import { aKeyPair } from '../support/pairs.js';
import { aCertificate } from '../support/dated-certificates.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { aDestination } from '../support/outbox.js';
import { runDue } from '../support/run.js';
import { sql } from '../support/sql.js';
import { openSuiteStore, suiteStore } from '../support/suite-store.js';
import { warnAt } from '../support/notified-runs.js';
import { insertRows, newStorePath, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';
import { exitCodeOfWarnings, warningsJson } from '../../src/run/warnings-report.js';
import { valuesOf } from '../support/values-of.js';

/** The deadline of a key with an interval of 90 days. */
const DEADLINE = JANUARY + 90 * DAY;

interface Listener {
  readonly destination: Destination;
  readonly heard: KmsEvent[];
}

function aListener(name = 'webhook test', rule: EventFilter = {}): Listener {
  const heard: KmsEvent[] = [];
  const send = ({ events }: Message) => {
    heard.push(...events);
    return Promise.resolve(ACCEPTED);
  };
  const accepts = (event: KmsEvent) => matchesFilter(rule, event);
  return { heard, destination: aDestination({ name, send, accepts }) };
}

const given = (url: string) =>
  sql<{ uid: string; threshold_days: number }>(
    url,
    'SELECT uid, threshold_days FROM kms_rotation_warnings ORDER BY id',
  );

const aKey = (uid = 'key-1', owner = 'ops@example.org') =>
  aSymmetricKey({ uid, owner, intervalSeconds: 90 * DAY });

describeOnSqlite('warnings', (database) => {
  const opened = openSuiteStore(database);

  it('are given once for each threshold, across runs, and told to those concerned', async () => {
    const { url, store } = opened();
    await insertRows(url, [aKey()]);
    const { destination, heard } = aListener();
    for (const daysLeft of [31, 30, 29, 8, 7, 6, 2, 1, 1]) {
      await warnAt(store, DEADLINE - daysLeft * DAY, [destination]);
    }
    const told = (heard as WarningEvent[]).map(({ data }) => [data.daysLeft, data.thresholdDays]);
    assert.deepEqual(told, [
      [30, 30],
      [7, 7],
      [1, 1],
    ]);
    assert.equal((await given(url)).length, 3);
  });

  it('start anew with a rotation, and with a policy that moves the deadline', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey({ intervalSeconds: 90 * DAY, keyset: true, uid: 'set' })]);
    const { destination, heard } = aListener();
    await warnAt(store, DEADLINE - DAY, [destination]);
    await runDue(url, DEADLINE);
    await warnAt(store, DEADLINE + 89 * DAY, [destination]);
    await insertRows(url, [aSymmetricKey({ uid: 'moved', intervalSeconds: 91 * DAY })]);
    await warnAt(store, JANUARY + 90 * DAY, [destination]);
    const moved = JSON.parse(
      aSymmetricKey({ uid: 'moved', intervalSeconds: 92 * DAY }).attributes,
    ) as object;
    const change = `UPDATE objects SET attributes = ? WHERE id = 'moved'`;
    await sql(url, change, JSON.stringify(moved));
    await warnAt(store, JANUARY + 91 * DAY, [destination]);
    assert.deepEqual(valuesOf(heard, 'subject'), ['set', 'set@1', 'moved', 'moved']);
  });

  it('tell of the end of an Active certificate, with a policy or without, also when it has passed', async () => {
    const { url } = opened();
    const notAfter = JANUARY + 60 * DAY;
    await insertRows(url, [
      aCertificate({ notAfter }),
      aCertificate({ id: 'retired', notAfter, state: 'Deactivated' }),
    ]);
    const { destination, heard } = aListener();
    const report = await withStore(url, async (store) => {
      await warnAt(store, notAfter - 31 * DAY, [destination]);
      await warnAt(store, notAfter - 30 * DAY, [destination]);
      return warnAt(store, notAfter + 3 * DAY, [destination]);
    });
    const told = (heard as WarningEvent[]).map(({ data }) => [data.uid, data.kind, data.daysLeft]);
    assert.deepEqual(told, [
      ['cert-1', 'expiry', 30],
      ['cert-1', 'expiry', -3],
    ]);
    const [listed] = report.deadlines.near;
    assert.deepEqual([listed?.daysLeft, listed?.thresholdDays], [-3, 1]);
  });

  it('tell once of the end of an overlap, a day before, of a pair under its private key', async () => {
    const { url, store } = opened();
    const { privateKey, publicKey } = await aKeyPair();
    await insertRows(url, [privateKey.row, publicKey.row]);
    await runDue(url, DEADLINE, { overlap: { asked: null, byDefault: 7 * DAY } });
    const { destination, heard } = aListener();
    for (const daysLeft of [6, 2, 1, 1, 0]) {
      await warnAt(store, DEADLINE + (7 - daysLeft) * DAY, [destination]);
    }
    const told = (heard as WarningEvent[]).map(({ data }) => [data.uid, data.kind, data.daysLeft]);
    assert.deepEqual(told, [['pair', 'overlap-end', 1]]);
    const lines = eventDigest(heard).lines.map(({ what, detail }) => `${what}: ${detail}`);
    assert.deepEqual(lines, [
      'its overlap ends in 1 day: kms rotate extend moves the end: 2026-04-17T08:00:00Z',
    ]);
    const listed = await warnAt(store, DEADLINE, [], {
      options: {
        now: DEADLINE,
        firstDeadline: 'offset',
        thresholdDays: [1],
        withinSeconds: 8 * DAY,
      },
    });
    const ends = listed.deadlines.near.filter(({ kind }) => kind === 'overlap-end');
    assert.deepEqual(valuesOf(ends, 'uid', 'daysLeft', 'thresholdDays'), [['pair', 7, null]]);
  });

  it('tell once of a keyset none of whose generations can protect', async () => {
    const { url } = opened();
    const of = (uid: string, number: number, members: JsonObject, state = 'Active') =>
      aSymmetricKey(
        { uid },
        { RotateName: uid.split('@')[0] ?? '', RotateGeneration: number, ...members },
        { state },
      );
    const end = (at: number) => ({ DeactivationDate: dateOf(at) });
    const unarmed = { RotateInterval: 0 };
    const NOW = JANUARY + 9 * DAY;
    await insertRows(url, [
      of('stopped', 0, end(NOW - DAY), 'Deactivated'),
      of('compromised', 0, end(NOW + DAY), 'Compromised'),
      of('given-up', 0, { ...unarmed, ...end(NOW - DAY) }, 'Deactivated'),
      of('ended', 0, end(NOW)),
      of('still', 0, end(NOW + 99 * DAY)),
      of('in-use', 0, unarmed),
      of('in-use@1', 1, end(NOW - DAY), 'Deactivated'),
      aCertificate({
        id: 'cert',
        notAfter: NOW - DAY,
        members: { RotateName: 'cert', RotateGeneration: 0 },
      }),
    ]);
    const { destination, heard } = aListener();
    await withStore(url, async (store) => {
      await warnAt(store, NOW, [destination]);
      await warnAt(store, NOW + 1, [destination]);
    });
    const told = (heard as WarningEvent[]).map(({ data }) => [data.uid, data.kind, data.daysLeft]);
    assert.deepEqual(told.sort(), [
      ['cert', 'no-usable-generation', -1],
      ['compromised', 'no-usable-generation', -9],
      ['ended', 'no-usable-generation', 0],
      ['stopped', 'no-usable-generation', -1],
    ]);
  });

  it('tell once, in 20 runs of 60 days, of what a policy would rotate and no rotation puts off', async () => {
    const { url } = opened();
    const spent = { UsageLimits: { UsageLimitsUnit: 'Byte', UsageLimitsTotal: 0 } };
    const armed = { intervalSeconds: 3650 * DAY };
    const pair = await aKeyPair({ uid: 'pair', publicMembers: spent });
    const END = JANUARY + 100 * DAY;
    await insertRows(url, [
      aSymmetricKey({ uid: 'spent', ...armed }, spent),
      aSymmetricKey({ uid: 'left', ...armed }, { UsageLimits: { UsageLimitsTotal: 1 } }),
      aSymmetricKey({ uid: 'unarmed', intervalSeconds: null }, spent),
      ...[pair.privateKey.row, pair.publicKey.row],
      aCertificate({
        id: 'leaf',
        notAfter: END,
        names: ['A', 'L'],
        members: {
          ...{ RotateInterval: 3650 * DAY, InitialDate: dateOf(JANUARY) },
          Link: [{ LinkType: 'CertificateLink', LinkedObjectIdentifier: 'root' }],
        },
      }),
      aCertificate({ id: 'root', notAfter: END }),
    ]);
    const { destination, heard } = aListener();
    await withStore(url, async (store) => {
      for (let day = 40; day < 100; day += 3) {
        await warnAt(store, JANUARY + day * DAY, [destination]);
      }
    });
    const told = (heard as WarningEvent[]).map(({ data }) => [data.kind, data.uid, data.daysLeft]);
    const once = told.filter(([kind]) => kind !== 'expiry' && kind !== 'rotation');
    assert.deepEqual(once.sort(), [
      ['unrenewable-end', 'leaf', 30],
      ['usage-limit', 'pair', -40],
      ['usage-limit', 'spent', -40],
    ]);
    assert.deepEqual(
      eventDigest(heard)
        .lines.filter(({ uid, what }) => uid === 'spent' || what.includes('renews'))
        .map(({ what, detail }) => `${what}: ${detail}`),
      [
        'its Usage Limits are used up: no rotation restores them: create another key, or set UsageLimitsCount; made 2026-01-10T08:00:00Z',
        'no rotation renews it before its end in 30 days: kms report says why; not after 2026-04-20T08:00:00Z',
      ],
    );
  });

  it('tell an owner of their own keys alone, and only if they are a recipient', async () => {
    const { url, store } = opened();
    await insertRows(url, [aKey('of-ops'), aKey('of-bob', 'bob@example.org')]);
    const bob = aListener('mail bob', { owner: 'bob@example.org' });
    const all = aListener('webhook all');
    await warnAt(store, DEADLINE - DAY, [bob.destination, all.destination]);
    assert.deepEqual(valuesOf(bob.heard, 'subject'), ['of-bob']);
    assert.deepEqual(all.heard.map(({ subject }) => subject).sort(), ['of-bob', 'of-ops']);
  });

  it('that nobody is to hear of yet are told to whoever is named later', async () => {
    const { url, store } = opened();
    await insertRows(url, [aKey()]);
    const { destination, heard } = aListener();
    await warnAt(store, DEADLINE - 6 * DAY, []);
    assert.deepEqual(await given(url), []);
    await warnAt(store, DEADLINE - 5 * DAY, [destination]);
    assert.equal(heard.length, 1);
  });

  it('do not stand for a key past its deadline, which is counted as due', async () => {
    const { url, store } = opened();
    await insertRows(url, [aKey(), aSymmetricKey({ uid: 'later', intervalSeconds: 95 * DAY })]);
    const { deadlines } = await warnAt(store, DEADLINE, []);
    assert.deepEqual(valuesOf(deadlines.near, 'uid'), ['later']);
    assert.equal(deadlines.due, 1);
  });

  it('are only listed by a dry run, and have no tables of ours for it', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aKey()]);
    const { destination, heard } = aListener();
    for (const table of ['kms_rotation_warnings', 'kms_rotation_outbox']) {
      await sql(url, `DROP TABLE ${table}`);
    }
    const report = await withStore(
      url,
      (store) => warnAt(store, DEADLINE - DAY, [destination], { dryRun: true }),
      'read',
    );
    assert.equal(report.deadlines.near.length, 1);
    assert.deepEqual(heard, []);
  });

  it('say for whom they were and what became of that, and wait for the next run where they must', async () => {
    const { url, store } = opened();
    await insertRows(url, [aKey()]);
    const { destination } = aListener();
    const down = aDestination({
      name: 'mail ops',
      send: () => Promise.resolve(unavailable('it cannot be reached')),
    });
    const report = await warnAt(store, DEADLINE - DAY, [destination, down]);
    assert.equal(exitCodeOfWarnings(report), 6);
    const { warnings } = warningsJson(report, 'kms') as { warnings: { sent: object }[] };
    assert.deepEqual(warnings[0]?.sent, [
      { destination: 'webhook test', state: 'sent' },
      { destination: 'mail ops', state: 'waiting' },
    ]);
    const up = aListener('mail ops');
    const next = await warnAt(store, DEADLINE - DAY + 600, [destination, up.destination]);
    assert.equal(exitCodeOfWarnings(next), 0);
    assert.equal(up.heard.length, 1);
  });

  it('of a certificate that cannot be read are a failure, and stop no other', async () => {
    const { url, store } = opened();
    const bad = JSON.stringify({
      Certificate: { CertificateType: 'X509', CertificateValue: [48, 0] },
    });
    await insertRows(url, [aCertificate(), aCertificate({ id: 'bad', object: bad })]);
    const report = await warnAt(store, JANUARY + 59 * DAY, []);
    assert.deepEqual(valuesOf(report.deadlines.failures, 'uid'), ['bad']);
    assert.deepEqual(valuesOf(report.deadlines.near, 'uid'), ['cert-1']);
    assert.equal(exitCodeOfWarnings(report), 4);
  });
});

describeEachDatabase('warnings by several runs at once', (database) => {
  const storeUrl = suiteStore(database);

  it('are given once by runs at the same moment', async () => {
    const url = storeUrl();
    await insertRows(
      url,
      Array.from({ length: 20 }, (_, index) => aKey(`key-${index}`)),
    );
    const { destination, heard } = aListener();
    const now = DEADLINE - 5 * DAY;
    if (database.kind === 'sqlite') {
      await withStore(url, (store) =>
        Promise.all([1, 2, 3].map(() => warnAt(store, now, [destination]))),
      );
    } else {
      await Promise.all(
        [1, 2, 3].map(() => withStore(url, (store) => warnAt(store, now, [destination]))),
      );
    }
    assert.equal((await given(url)).length, 20);
    await withStore(url, (store) => warnAt(store, now + 600, [destination]));
    assert.equal(heard.length, 20);
    assert.equal(new Set(heard.map(({ subject }) => subject)).size, 20);
  });
});

describe('telling nobody', () => {
  it('makes no events', () => {
    assert.deepEqual(
      NO_NOTIFIER.enqueueEvent(() => {
        throw new Error('made');
      }),
      [],
    );
  });
});
