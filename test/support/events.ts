// Events of every kind. No assertions here.
import { randomUUID } from 'node:crypto';
import type { FaultKind } from '../../src/conditions/condition.js';
import type { Telling } from '../../src/conditions/decide.js';
import { conditionEvent, failedEvent, recoveredEvent } from '../../src/report/condition-events.js';
import type { Origin } from '../../src/report/event-envelope.js';
import {
  finishedEvent,
  retiredEvent,
  rewrappedEvent,
  rotatedEvent,
  testEvent,
  warningEvent,
} from '../../src/report/run-events.js';
import type { RunReport } from '../../src/report/run-report.js';
import { UNKNOWN_OBJECT, type ObjectSummary } from '../../src/report/object-summary.js';
import { aReport, aResult } from './reports.js';
import { DAY, JANUARY } from './symmetric-keys.js';

const FACTS: ObjectSummary = {
  owner: 'ops@example.org',
  objectType: 'SymmetricKey',
  algorithm: 'AES',
  tags: ['env:prod'],
};

export function anOrigin(changes: Partial<Origin> = {}): Origin {
  const run = { runId: randomUUID(), host: 'test-host', version: '0.0.0', store: 'test-store' };
  return { id: randomUUID(), now: JANUARY, ...run, ...changes };
}

export function rotated(changes: Parameters<typeof aResult>[0] = {}) {
  return rotatedEvent(anOrigin(), aResult({ objectSummary: FACTS, ...changes }));
}

export function failure(
  changes: { uid?: string; objectSummary?: ObjectSummary; message?: string } = {},
) {
  const { uid = 'key-1', objectSummary = FACTS, message = 'it wraps itself' } = changes;
  const error = { reason: 'WrappingCycle', message, hint: 'look at it' } as const;
  return failedEvent(anOrigin(), { uid, objectSummary, flow: 'wrapped', error });
}

export function recovered() {
  return recoveredEvent(anOrigin(), {
    ...{ id: '0123abcd', kind: 'rotation-failed', subject: 'key-1', about: FACTS },
    ...{ reason: 'WrappingCycle', message: 'it wraps itself', hint: null },
    ...{ firstSeenAt: JANUARY - 3 * DAY, lastSeenAt: JANUARY, failures: 12 },
    ...{ told: null, logged: null, acknowledged: null },
    resolved: { at: JANUARY, how: 'rotated' },
  });
}

export function condition(telling: Telling = 'new', kind: FaultKind = 'no-run') {
  const scope = { subject: 'shard 0/2', about: UNKNOWN_OBJECT, reason: 'NoGoodRun' };
  return conditionEvent(
    anOrigin(),
    {
      ...{ id: '0123abcd', kind, ...scope },
      ...{ message: 'no good run for shard 0/2 came', hint: 'look at the schedule' },
      ...{ firstSeenAt: JANUARY - 3 * DAY, lastSeenAt: JANUARY, failures: 12 },
      ...{ told: null, logged: null, acknowledged: null },
      resolved: telling === 'over' ? { at: JANUARY, how: 'run-came' } : null,
    },
    telling,
  );
}

export function warning(changes: Partial<Parameters<typeof warningEvent>[2]> = {}) {
  const data = { kind: 'rotation', deadline: '2026-01-17T08:00:00Z', daysLeft: 7 } as const;
  const object = { uid: 'key-1', objectSummary: FACTS };
  return warningEvent(anOrigin(), object, { ...data, thresholdDays: 7, ...changes });
}

export function mended() {
  const keys = { fromWrappingKeyUid: 'kek', toWrappingKeyUid: 'kek@1' };
  const about = { uid: 'key-1', objectSummary: FACTS, outcome: 'mended', error: null } as const;
  return rewrappedEvent(anOrigin(), { ...about, ...keys });
}

function retired() {
  const object = { uid: 'key-1', headUid: 'key-1@1', endsAt: JANUARY, objectSummary: FACTS };
  return retiredEvent(anOrigin(), { ...object, outcome: 'retired', error: null });
}

export function finished(auditHeads: RunReport['auditHeads'] = []) {
  return finishedEvent(anOrigin(), aReport({ auditHeads }), 0);
}

export function aTest() {
  return testEvent(anOrigin());
}

export function oneOfEach() {
  const aboutObjects = [rotated(), failure(), recovered(), warning(), mended(), retired()];
  return [...aboutObjects, condition(), finished(), aTest()];
}
