// Events as alerts for Prometheus Alertmanager (API v2): failures and deadline warnings fire alerts, and a rotation
// resolves those of its key.
import type {
  FailedEvent,
  KmsEvent,
  RotatedEvent,
  TestEvent,
  WarningEvent,
} from '../../report/events.js';
import { printable } from '../../text/printable.js';
import { warningText } from '../event-digest.js';

/** The labels identify an alert, so they contain nothing that changes from run to run. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

type Alerting = FailedEvent | WarningEvent | RotatedEvent | TestEvent;

/** Beyond the next daily run, which fires the alert again if its cause is still there. */
const FIRES_FOR_MS = 25 * 3600 * 1000;

export function raisesAlert(event: KmsEvent): event is Alerting {
  return ['kms.failed', 'kms.warning', 'kms.rotated', 'kms.test'].includes(event.type);
}

export function alertsOf(event: KmsEvent): readonly Alert[] {
  switch (event.type) {
    case 'kms.failed': {
      const { uid, error } = event.data;
      const summary = `the rotation of ${printable(uid)} failed: ${error.reason}`;
      const description =
        error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
      return [
        firing(event, labelsOf('KmsRotationFailed', event, 'critical'), { summary, description }),
      ];
    }
    case 'kms.warning': {
      const { uid, kind, deadline } = event.data;
      const name = kind === 'expiry' ? 'KmsCertificateExpiry' : 'KmsRotationDue';
      const summary = `${printable(uid)} ${warningText(event.data)}: ${deadline}`;
      return [firing(event, labelsOf(name, event, 'warning'), { summary })];
    }
    case 'kms.rotated':
      return [
        resolved(event, labelsOf('KmsRotationFailed', event, 'critical')),
        resolved(event, labelsOf('KmsRotationDue', event, 'warning')),
        resolved(event, labelsOf('KmsCertificateExpiry', event, 'warning')),
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
    case 'kms.finished':
      return [];
  }
}

function labelsOf(
  alertname: string,
  { data }: FailedEvent | WarningEvent | RotatedEvent,
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
): Alert {
  const ends = new Date(Date.parse(event.time) + FIRES_FOR_MS).toISOString();
  return { labels, annotations, startsAt: event.time, endsAt: ends };
}

function resolved(event: KmsEvent, labels: Alert['labels']): Alert {
  return { labels, annotations: {}, startsAt: event.time, endsAt: event.time };
}
