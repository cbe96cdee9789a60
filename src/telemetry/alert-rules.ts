// `kms monitoring prometheus`: alert rules over the metrics file, as YAML. Several hosts and shards may write about one
// store, so the greatest figure counts: a file that nobody writes any more says nothing new of the last good run.
import type { ConditionKind } from '../conditions/condition.js';
import { exactDuration } from '../text/duration.js';
import { NEAR, PREFIXES, RUN_FIGURES, STANDING } from './metric-names.js';

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly description: string;
}

/** Returns the file of rules, for runs that are started so often. */
export function alertRules(cadenceSeconds: number): string {
  return [
    'groups:',
    '  - name: kms',
    '    rules:',
    ...rulesFor(cadenceSeconds).flatMap(ruleLines),
    '',
  ].join('\n');
}

function rulesFor(cadenceSeconds: number): readonly AlertRule[] {
  const late = 2 * cadenceSeconds;
  const latest = ([name]: readonly [string, string]) => `max by (store, scope) (${name})`;
  return [
    {
      alert: 'KmsNoRun',
      expr: `time() - ${latest(STANDING.lastGood)} > 2 * ${latest(STANDING.cadence)}`,
      severity: 'critical',
      summary: 'no good run for two cadences: {{ $labels.store }}, {{ $labels.scope }}',
      description: 'Look at the scheduler and its log; kms status shows the last run.',
    },
    {
      alert: 'KmsOverdue',
      expr: `max by (store) (${PREFIXES.rotation}_${RUN_FIGURES.overdue}) > ${late}`,
      for: exactDuration(late),
      severity: 'critical',
      summary: 'keys have been overdue for {{ $value | humanizeDuration }}: {{ $labels.store }}',
      description: 'kms due list --explain names the keys, and why each is still due.',
    },
    conditionRule('rotation-failed', {
      alert: 'KmsRotationFailing',
      severity: 'critical',
      summary: '{{ $value }} keys cannot be rotated ({{ $labels.reason }}): {{ $labels.store }}',
      description: 'kms status lists them, and says what to do.',
    }),
    conditionRule('stale-dependant', {
      alert: 'KmsStaleDependants',
      severity: 'warning',
      summary:
        '{{ $value }} objects are still under a replaced wrapping key ({{ $labels.reason }}): {{ $labels.store }}',
      description: 'kms status lists them, and says what to do.',
    }),
    conditionRule('out-of-reach', {
      alert: 'KmsOutOfReach',
      severity: 'warning',
      summary: '{{ $value }} keys can only be rotated by a hardware module: {{ $labels.store }}',
      description:
        'Rotate them there; the setting rotation.hsm = "leave" leaves them to others for good.',
    }),
    {
      alert: 'KmsCertificateEndsSoon',
      expr: `sum by (store, threshold_days) (max by (store, uid, algorithm, threshold_days) (${NEAR}{kind="expiry"})) > 0`,
      severity: 'warning',
      summary:
        '{{ $value }} certificates end within {{ $labels.threshold_days }} days: {{ $labels.store }}',
      description: 'kms warnings lists them; renew them before they end.',
    },
    conditionRule('destination-refuses', {
      alert: 'KmsNotDelivered',
      severity: 'warning',
      summary:
        '{{ $value }} destinations refuse notifications ({{ $labels.reason }}): {{ $labels.store }}',
      description: 'kms status names them; kms notify list shows what waits, and why.',
    }),
    conditionRule('store-health', {
      alert: 'KmsStoreHealth',
      severity: 'warning',
      summary: 'the store has a fault ({{ $labels.reason }}): {{ $labels.store }}',
      description: 'kms status says what to do; kms doctor looks for more.',
    }),
  ];
}

function conditionRule(kind: ConditionKind, rule: Omit<AlertRule, 'expr'>): AlertRule {
  const [name] = STANDING.conditions;
  return { ...rule, expr: `max by (store, reason) (${name}{kind="${kind}"}) > 0` };
}

/** Texts as JSON has them, which YAML takes too. */
function ruleLines(rule: AlertRule): readonly string[] {
  return [
    `      - alert: ${rule.alert}`,
    `        expr: ${JSON.stringify(rule.expr)}`,
    ...(rule.for === undefined ? [] : [`        for: ${rule.for}`]),
    '        labels:',
    `          severity: ${rule.severity}`,
    '        annotations:',
    `          summary: ${JSON.stringify(rule.summary)}`,
    `          description: ${JSON.stringify(rule.description)}`,
  ];
}
