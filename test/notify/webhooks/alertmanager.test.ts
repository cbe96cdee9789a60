// How long alerts for Alertmanager fire, and that a store's alerts are its own.
import assert from 'node:assert/strict';
import { formatInstant } from '../../../src/kmip/date-time.js';
import { alertsOf } from '../../../src/notify/webhooks/alertmanager.js';
import { failedEvent } from '../../../src/report/condition-events.js';
import { rotatedEvent } from '../../../src/report/run-events.js';
import { anOrigin, condition, failure, warning } from '../../support/events.js';
import { aResult } from '../../support/reports.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';

const HOUR = 3600;
const deadline = formatInstant(JANUARY + 25 * DAY);

describe('an alert for Alertmanager', () => {
  for (const [what, event, sentAt, cadenceSeconds, endsAt] of [
    ['a deadline ahead fires until then', warning({ deadline }), 0, null, JANUARY + 25 * DAY],
    ['a deadline, sent late', warning({ deadline }), 24 * DAY, null, JANUARY + 25 * DAY],
    [
      'a deadline that has passed',
      warning({ deadline }),
      26 * DAY,
      null,
      JANUARY + 28 * DAY + HOUR,
    ],
    ['a failure, by default', failure(), 0, null, JANUARY + 2 * DAY + HOUR],
    ['a failure, sent late', failure(), 3 * DAY, null, JANUARY + 5 * DAY + HOUR],
    ['a failure of weekly runs', failure(), 0, 7 * DAY, JANUARY + 14 * DAY + HOUR],
    ['a failure of frequent runs', failure(), 0, 900, JANUARY + DAY + HOUR],
  ] as const) {
    it(`of ${what}, and ends beyond the next two runs where it has no deadline`, () => {
      const [alert] = alertsOf(event, { now: JANUARY + sentAt, cadenceSeconds });
      assert.equal(alert?.endsAt, formatInstant(endsAt));
      assert.ok(alert.endsAt > formatInstant(JANUARY + sentAt), 'it arrives alive');
    });
  }

  it('of a run that did not come fires until a good run came', () => {
    const sending = { now: JANUARY, cadenceSeconds: null };
    const [fired, resolved] = [condition('holds'), condition('over')].map(
      (event) => alertsOf(event, sending)[0],
    );
    assert.deepEqual(fired?.labels, resolved?.labels);
    assert.ok(fired!.endsAt > resolved!.endsAt);
  });

  for (const [kind, name, label] of [
    ['no-run', 'KmsNoRun', 'scope'],
    ['destination-refuses', 'KmsNotDelivered', 'destination'],
    ['store-health', 'KmsStoreHealth', 'part'],
  ] as const) {
    it(`is ${name} for ${kind}, and says what it is about`, () => {
      const sending = { now: JANUARY, cadenceSeconds: null };
      const [alert] = alertsOf(condition('new', kind), sending);
      assert.deepEqual([alert?.labels['alertname'], alert?.labels[label]], [name, 'shard 0/2']);
    });
  }

  it('is never resolved by a rotation in another store', () => {
    const error = { reason: 'Unsupported', message: 'no' } as const;
    const sending = { now: JANUARY, cadenceSeconds: null };
    const labels = (store: string) => {
      const { uid, objectSummary } = aResult();
      const failed = failedEvent(anOrigin({ store }), { uid, objectSummary, flow: null, error });
      const rotated = rotatedEvent(anOrigin({ store }), aResult());
      const texts = (event: typeof failed | typeof rotated) =>
        alertsOf(event, sending).map((alert) => JSON.stringify(alert.labels));
      return { fired: texts(failed), resolved: texts(rotated) };
    };
    const [prod, staging] = [labels('kms-1'), labels('kms-2')];
    assert.ok(prod.resolved.includes(prod.fired[0]!));
    assert.ok(!staging.resolved.includes(prod.fired[0]!));
  });
});
