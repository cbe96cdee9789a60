// Events as alerts for Prometheus Alertmanager (API v2): failures and deadline warnings fire alerts, and a rotation
// resolves those of its key.
import type { ConditionEvent, FailedEvent, RecoveredEvent } from '../../report/condition-events.js';
import type { KmsEvent } from '../../report/events.js';
import type { RotatedEvent, TestEvent, WarningEvent } from '../../report/run-events.js';
import type { FaultKind } from '../../conditions/condition.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { WarningKind } from '../../rotation/warning.js';
import { printable } from '../../text/printable.js';
import { warningText } from '../event-words.js';

/** The labels identify an alert, so they contain nothing that changes from run to run. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** The events that fire or resolve alerts. */
export type Alerting =
  ConditionEvent | FailedEvent | RecoveredEvent | WarningEvent | RotatedEvent | TestEvent;

/** When a message is sent, which may be long after its event. */
export interface Sending {
  readonly now: EpochSeconds;
  /** How often runs are started, in seconds; null if unknown. */
  readonly cadenceSeconds: number | null;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

const WARNING_ALERTS = {
  rotation: 'KmsRotationDue',
  expiry: 'KmsCertificateExpiry',
  // Nothing has to resolve it: it ends with the overlap.
  'overlap-end': 'KmsOverlapEnds',
  'no-usable-generation': 'KmsNoUsableGeneration',
  'unrenewable-end': 'KmsUnrenewableEnd',
  'usage-limit': 'KmsUsageLimitsUsedUp',
} as const satisfies Record<WarningKind, string>;

const ENDED_BY_ROTATION = (Object.keys(WARNING_ALERTS) as readonly WarningKind[]).filter(
  (kind) => kind !== 'overlap-end',
);

/** Of these no alert is made. */
const SILENT = ['kms.mended', 'kms.retired', 'kms.finished'] as const;

export function raisesAlert(event: KmsEvent): event is Alerting {
  return !SILENT.some((type) => type === event.type);
}

/** Returns the alerts that an event fires or resolves. */
export function alertsOf(event: KmsEvent, sending: Sending): readonly Alert[] {
  const beyondNextRuns = formatInstant(sending.now + secondsToFire(sending));
  switch (event.type) {
    case 'kms.failed': {
      const { uid, error } = event.data;
      const summary = `the rotation of ${printable(uid)} failed: ${error.reason}`;
      const description =
        error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
      const labels = labelsOf('KmsRotationFailed', event, 'critical');
      return [firing(event, labels, { summary, description }, beyondNextRuns)];
    }
    case 'kms.condition': {
      const { store, subject, message, hint, condition } = event.data;
      const [alertname, severity, about] = FAULT_ALERTS[condition.kind];
      const labels = { alertname, severity, store, [about]: subject };
      if (condition.telling === 'over') return [resolved(event, labels)];
      const annotations = { summary: message, ...(hint === null ? {} : { description: hint }) };
      return [firing(event, labels, annotations, beyondNextRuns)];
    }
    case 'kms.recovered':
      return [resolved(event, labelsOf('KmsRotationFailed', event, 'critical'))];
    case 'kms.warning': {
      const { uid, kind, deadline } = event.data;
      const name = WARNING_ALERTS[kind];
      const summary = `${printable(uid)} ${warningText(event.data)}: ${deadline}`;
      const isAhead = Date.parse(deadline) > sending.now * 1000;
      const endsAt = isAhead ? deadline : beyondNextRuns;
      return [firing(event, labelsOf(name, event, 'warning'), { summary }, endsAt)];
    }
    case 'kms.rotated':
      return [
        resolved(event, labelsOf('KmsRotationFailed', event, 'critical')),
        ...ENDED_BY_ROTATION.map((kind) =>
          resolved(event, labelsOf(WARNING_ALERTS[kind], event, 'warning')),
        ),
      ];
    case 'kms.test':
      return [
        resolved(event, {
          alertname: 'KmsNotificationTest',
          severity: 'none',
          store: event.data.store,
          host: event.data.host,
        }),
      ];
    case 'kms.mended':
    case 'kms.retired':
    case 'kms.finished':
      return [];
  }
}

/** The name, the severity, and the label that says what it is about. */
const FAULT_ALERTS: Readonly<Record<FaultKind, readonly [string, string, string]>> = {
  'no-run': ['KmsNoRun', 'critical', 'scope'],
  'destination-refuses': ['KmsNotDelivered', 'warning', 'destination'],
  'store-health': ['KmsStoreHealth', 'warning', 'part'],
};

/** One run may fail, and the next but one fires the alert again if its cause is still there. */
function secondsToFire({ cadenceSeconds }: Sending): number {
  return 2 * Math.max(cadenceSeconds ?? DAY_SECONDS, HOUR_SECONDS * 12) + HOUR_SECONDS;
}

function labelsOf(
  alertname: string,
  { data }: FailedEvent | RecoveredEvent | WarningEvent | RotatedEvent,
  severity: string,
): Alert['labels'] {
  return {
    alertname,
    severity,
    store: data.store,
    uid: data.uid,
    // Alertmanager treats an empty label as a missing one.
    ...(data.owner === null ? {} : { owner: data.owner }),
  };
}

function firing(
  event: KmsEvent,
  labels: Alert['labels'],
  annotations: Alert['annotations'],
  endsAt: string,
): Alert {
  return { labels, annotations, startsAt: event.time, endsAt };
}

function resolved(event: KmsEvent, labels: Alert['labels']): Alert {
  return { labels, annotations: {}, startsAt: event.time, endsAt: event.time };
}
