// Events for PagerDuty (Events API v2): a failure or a deadline warning triggers the incident of its object, and a
// rotation resolves it.
import type { KmsEvent } from '../../report/events.js';
import { printable } from '../../text/printable.js';
import { alertsOf, type Alerting } from './alertmanager.js';

/** PagerDuty truncates longer summaries. */
const LONGEST_SUMMARY = 1024;

/** Returns the body; `routingKey` is the integration key of the service. */
export function pagerdutyBody(event: Alerting, routingKey: string): object {
  const { store, host } = event.data;
  const about = aboutOf(event);
  const common = { routing_key: routingKey, dedup_key: `kms/${store}/${about}` };
  const isOver =
    event.type === 'kms.condition'
      ? event.data.condition.telling === 'over'
      : ['kms.rotated', 'kms.recovered', 'kms.test'].includes(event.type);
  // A test resolves what never was, and so wakes nobody.
  if (isOver) return { ...common, event_action: 'resolve' };
  const summary = `${store}: ${summaryOf(event)}`.slice(0, LONGEST_SUMMARY);
  const severity = severityOf(event);
  const payload = { summary, timestamp: event.time, severity, source: host, component: store };
  const custom_details = event.data;
  return { ...common, event_action: 'trigger', payload: { ...payload, custom_details } };
}

function aboutOf(event: Alerting): string {
  if (event.type === 'kms.test') return 'test';
  if (event.type !== 'kms.condition') return event.data.uid;
  const { condition, subject } = event.data;
  return `${condition.kind}/${subject}`;
}

/** A receiver that is down, or a fault of the store, wakes nobody. */
function severityOf(event: Alerting): 'critical' | 'warning' {
  const isUrgent =
    event.type === 'kms.condition'
      ? event.data.condition.kind === 'no-run'
      : event.type !== 'kms.warning';
  return isUrgent ? 'critical' : 'warning';
}

function summaryOf(event: KmsEvent): string {
  const [alert] = alertsOf(event, { now: 0, cadenceSeconds: null });
  return printable(alert?.annotations['summary'] ?? '');
}
