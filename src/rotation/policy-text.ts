// A rotation policy in a few words, as reports show it and our log keeps it, and back again.
import { KmsError } from '../errors.js';
import { exactDuration, parseDuration } from '../text/duration.js';

export interface PolicyView {
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  /** An option of ours, absent where only the object is known; so is the next. */
  readonly beforeEndSeconds?: number | null;
  readonly overlapSeconds?: number | null;
  readonly automatic: boolean | null;
  readonly keyset: string | null;
}

/** Returns a policy in a few words: `90d, offset 7d, before end 14d, overlap 7d, off, keyset NAME`. */
export function policyText({
  intervalSeconds,
  offsetSeconds,
  beforeEndSeconds = null,
  overlapSeconds = null,
  automatic,
  keyset,
}: PolicyView): string {
  const parts = [
    intervalSeconds === null || intervalSeconds === 0 ? 'none' : exactDuration(intervalSeconds),
    offsetSeconds === null ? '' : `offset ${exactDuration(offsetSeconds)}`,
    beforeEndSeconds === null ? '' : `before end ${exactDuration(beforeEndSeconds)}`,
    overlapSeconds === null ? '' : `overlap ${exactDuration(overlapSeconds)}`,
    automatic === false ? 'off' : '',
    keyset === null ? '' : `keyset ${keyset}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

const PREFIX = 'policy: ';
const ARROW = ' -> ';

/** Says in the log which policy an object was given. */
export function policyMessage(policy: PolicyView): string {
  return `${PREFIX}${policyText(policy)}`;
}

/** Says in the log how the policy of an object was changed. */
export function policyChangeMessage(before: PolicyView, after: PolicyView): string {
  return `${policyMessage(before)}${ARROW}${policyText(after)}`;
}

/** The schedule of a policy; an interval of 0 is none. */
export interface LoggedSchedule {
  readonly intervalSeconds: number;
  readonly offsetSeconds: number | null;
}

const LOGGED = /^(?<interval>-?\d+[smhdwy]?|none)(?:, offset (?<offset>-?\d+[smhdwy]?))?(?:,|$)/s;

/**
 * Returns the schedule that an entry of the log says an object has since: one of a change has the policy before it, too.
 * Null if it does not say, or if a name in it makes it ambiguous.
 */
export function scheduleInLog(entry: {
  readonly outcome: string;
  readonly message: string | null;
}): LoggedSchedule | null {
  const text = entry.message ?? '';
  if (!text.startsWith(PREFIX)) return null;
  const given = [PREFIX, text.slice(PREFIX.length)];
  const parts = entry.outcome === 'policy' ? text.split(ARROW) : given;
  const groups = parts.length === 2 ? LOGGED.exec(parts[1] ?? '')?.groups : undefined;
  if (groups === undefined) return null;
  const { interval = 'none', offset } = groups;
  const intervalSeconds = interval === 'none' ? 0 : secondsOf(interval);
  if (intervalSeconds === null) return null;
  return { intervalSeconds, offsetSeconds: offset === undefined ? null : secondsOf(offset) };
}

function secondsOf(text: string): number | null {
  try {
    return text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text);
  } catch (error) {
    if (error instanceof KmsError) return null;
    throw error;
  }
}
