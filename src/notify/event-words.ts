// What is said of an event, in the line of a digest and in an alert. event-digest.ts makes the digest.
import { lastingWords, resolutionWords } from '../conditions/condition-words.js';
import type { FaultKind } from '../conditions/condition.js';
import type { ConditionData, ConditionEvent } from '../report/condition-events.js';
import { headText } from '../report/audit/head-text.js';
import type { KmsEvent } from '../report/events.js';
import type { WarningKind } from '../rotation/warning.js';
import type { ChainHead } from '../store/own/chain/chain-details.js';

/** Stands for what an event does not have. */
export const NONE = '–';

/** Returns what has happened, in few words. */
export function whatOf(event: KmsEvent): string {
  switch (event.type) {
    case 'kms.rotated':
      return 'rotated';
    case 'kms.failed':
      return event.data.condition?.telling === 'reminder' ? 'still failing' : 'failed';
    case 'kms.recovered':
      return 'recovered';
    case 'kms.condition':
      return wordsOf(event)[1];
    case 'kms.mended':
      return 're-wrapped';
    case 'kms.retired':
      return 'retired';
    case 'kms.finished':
      return 'run finished';
    case 'kms.test':
      return 'test';
    case 'kms.warning':
      return warningText(event.data);
  }
}

/** Returns what there is to know of it besides. */
export function detailOf(event: KmsEvent): string {
  switch (event.type) {
    case 'kms.rotated': {
      const { replacementUid, nextDeadline } = event.data;
      const next = nextDeadline === null ? '' : `, next ${nextDeadline}`;
      return `replaced by ${replacementUid ?? NONE}${next}`;
    }
    case 'kms.failed': {
      const { reason, message, hint } = event.data.error;
      const why = `${reason}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
      const { condition } = event.data;
      if (condition === null || condition.telling === 'new') return why;
      const lasting = lastingWords({ ...condition, ...spanOf(event, condition) });
      return condition.telling === 'changed' ? `${lasting}, now ${why}` : `${lasting}: ${why}`;
    }
    case 'kms.recovered': {
      const { condition, resolution, reason } = event.data;
      const { firstSeenAt, lastSeenAt } = spanOf(event, condition);
      const seconds = lastSeenAt - firstSeenAt;
      return `${resolutionWords(resolution, condition, seconds)} (${reason})`;
    }
    case 'kms.condition': {
      const { message, hint } = event.data;
      return hint === null ? message : `${message}; ${hint}`;
    }
    case 'kms.mended':
      return `from ${event.data.fromWrappingKeyUid} to ${event.data.toWrappingKeyUid ?? NONE}`;
    case 'kms.retired':
      return `its overlap ended, in favour of ${event.data.headUid}`;
    case 'kms.warning':
      return `${WARNING_WORDS[event.data.kind][2]} ${event.data.deadline}`;
    case 'kms.finished': {
      const { rotated, failed, notAttempted } = event.data.summary;
      const left = notAttempted > 0 ? `, ${notAttempted} still due` : '';
      const end = `${rotated} rotated, ${failed} failed${left}, exit code ${event.data.exitCode}`;
      return [end, ...headWords(event.data.auditHeads)].join(', ');
    }
    case 'kms.test':
      return 'sent by kms notify test; nothing has happened';
  }
}

/** Nobody writes down more; receivers of JSON get them all. */
const MOST_HEADS = 16;

function headWords(heads: readonly ChainHead[] = []): readonly string[] {
  if (heads.length === 0) return [];
  const more = heads.length > MOST_HEADS ? [`and ${heads.length - MOST_HEADS} more`] : [];
  return [`audit heads ${[...heads.slice(0, MOST_HEADS).map(headText), ...more].join(' ')}`];
}

/** From when a failure began to the event about it. */
function spanOf({ time }: KmsEvent, { firstSeen }: ConditionData) {
  return { firstSeenAt: Date.parse(firstSeen) / 1000, lastSeenAt: Date.parse(time) / 1000 };
}

/** Returns what a deadline warning says, as in `expires in 3 days`. */
export function warningText({
  kind,
  daysLeft,
}: {
  readonly kind: WarningKind;
  readonly daysLeft: number;
}): string {
  const [passed, ahead] = WARNING_WORDS[kind];
  if (daysLeft <= 0) return passed;
  return `${ahead} ${daysLeft === 1 ? '1 day' : `${daysLeft} days`}`;
}

const WARNING_WORDS = {
  rotation: ['is overdue', 'due in', 'to be rotated by'],
  expiry: ['has expired', 'expires in', 'not after'],
  'overlap-end': [
    'its overlap has ended',
    'its overlap ends in',
    'kms rotate extend moves the end:',
  ],
  'no-usable-generation': [
    'has no usable generation',
    'has no usable generation in',
    'kms rotate key makes the next one; none can protect since',
  ],
  'unrenewable-end': [
    'ended, and no rotation renews it',
    'no rotation renews it before its end in',
    'kms report says why; not after',
  ],
  'usage-limit': [
    'its Usage Limits are used up',
    'its Usage Limits are used up in',
    'no rotation restores them: create another key, or set UsageLimitsCount; made',
  ],
} as const satisfies Record<WarningKind, readonly string[]>;

/** What titles and lines say of a fault, while it lasts and when it is over. */
const FAULT_WORDS: Readonly<
  Record<FaultKind, Readonly<Record<'wrong' | 'over', readonly [title: string, what: string]>>>
> = {
  'no-run': {
    wrong: ['runs are missing', 'no run'],
    over: ['runs came again', 'run came'],
  },
  'destination-refuses': {
    wrong: ['messages are not delivered', 'not delivered'],
    over: ['messages are delivered again', 'delivered'],
  },
  'store-health': {
    wrong: ['the store has a fault', 'store'],
    over: ['the store is in order again', 'in order'],
  },
};

/** Returns what the title and the line say of an event about a fault. */
export function wordsOf({
  data: { condition },
}: ConditionEvent): readonly [title: string, what: string] {
  return FAULT_WORDS[condition.kind][condition.telling === 'over' ? 'over' : 'wrong'];
}
