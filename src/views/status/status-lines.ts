// `kms status` for people: the runs, then what is wrong, each with what to do about it.
import { isToldByWarnings, type Condition } from '../../conditions/condition.js';
import { lastingWords, resolutionWords } from '../../conditions/condition-words.js';
import { nextTellingAt } from '../../conditions/decide.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { Terminal } from '../../output/terminal.js';
import { intentWords, requestWords } from '../../rotation/server/request-words.js';
import type { ServerRequest } from '../../rotation/server/server-request.js';
import { isMissing, scopeWords, type LastRun } from '../../store/own/last-runs.js';
import { exactDuration, formatDistance, formatDuration } from '../../text/duration.js';
import { printable } from '../../text/printable.js';
import { nextRunAt, type Reminders, type StoreStatus } from './store-status.js';

export function* statusLines(
  { now, runs, due, conditions, requests, tables }: StoreStatus,
  reminders: Reminders,
  terminal: Terminal,
): Generator<string> {
  const { paint } = terminal;
  if (runs.length === 0) yield 'No run of kms rotate due has been recorded.';
  for (const run of runs) yield* runLines(run, now, terminal);
  yield due === 1 ? '1 key is due now' : `${due} keys are due now`;
  yield '';
  if (conditions.length === 0) yield paint.green('Nothing is wrong.');
  for (const [index, condition] of conditions.entries()) {
    if (index > 0) yield '';
    yield* conditionLines(condition, now, reminders, terminal);
  }
  yield* requestLines(requests, terminal);
  yield '';
  const sizes = Object.entries(tables).map(([table, rows]) => `${table} ${rows}`);
  yield paint.dim(`rows: ${sizes.join(', ')}`);
}

function* requestLines(requests: readonly ServerRequest[], { paint }: Terminal): Generator<string> {
  if (requests.length > 0) yield '';
  for (const request of requests) {
    yield printable(requestWords(request));
    yield `  ${paint.dim(printable(`it is to have: ${intentWords(request)}`))}`;
  }
}

/** Yields what is known of one condition. */
export function* conditionLines(
  condition: Condition,
  now: EpochSeconds,
  reminders: Reminders,
  { paint }: Terminal,
): Generator<string> {
  const { id, kind, subject, reason, message, hint, acknowledged, resolved } = condition;
  const { firstSeenAt } = condition;
  const lasting = lastingWords(condition);
  yield `${paint.bold(printable(subject))}  ${paint.red(kind)}  ${lasting}, since ${formatInstant(firstSeenAt)}  (${id})`;
  yield `  ${reason}: ${printable(message)}`;
  if (hint !== null) yield `  ${paint.dim(printable(hint))}`;
  if (resolved !== null) {
    const words = resolutionWords(resolved.how, condition, resolved.at - firstSeenAt);
    yield `  over since ${formatInstant(resolved.at)}: ${words}`;
    return;
  }
  if (acknowledged !== null && acknowledged.until > now) {
    const { until, by, because } = acknowledged;
    yield `  acknowledged until ${formatInstant(until)} by ${printable(by)}: ${printable(because)}`;
  }
  yield `  ${toldWords(condition, now, reminders)}`;
}

function toldWords(
  condition: Condition,
  now: EpochSeconds,
  { remindAfterSeconds }: Reminders,
): string {
  if (isToldByWarnings(condition)) return 'kms warnings tells of it, by warnings.before_days';
  const { told } = condition;
  if (told === null) return 'nobody was told: no destination accepts it';
  const next = nextTellingAt(condition, now, remindAfterSeconds);
  const nextWords =
    next === null
      ? 'no reminder'
      : next <= now
        ? 'next by the next run'
        : `next ${formatDistance(next, now)}`;
  return `told ${formatDuration(now - told.at)} ago, ${nextWords}`;
}

function* runLines(run: LastRun, now: EpochSeconds, { paint }: Terminal): Generator<string> {
  const { finishedAt, exitCode, rotated, failed, notAttempted, lastGoodAt, cadenceSeconds } = run;
  const left = notAttempted > 0 ? `, ${notAttempted} still due` : '';
  const result = `${rotated} rotated, ${failed} failed${left}, exit code ${exitCode}`;
  const scope = scopeWords(run.scope);
  const of = scope === '' ? '' : ` (${printable(scope)})`;
  yield `last run${of} ${formatDuration(now - finishedAt)} ago: ${result}`;
  const next = nextRunAt(run);
  if (isMissing(run, now)) {
    const good =
      lastGoodAt === null ? 'none came yet' : `the last ${formatDuration(now - lastGoodAt)} ago`;
    const every = exactDuration(cadenceSeconds ?? 0);
    yield paint.red(`  no good run, though one is expected every ${every}: ${good}`);
  } else if (next !== null) yield `  next expected ${formatDistance(next, now)}`;
}
