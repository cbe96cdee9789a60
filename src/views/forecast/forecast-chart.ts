// `kms forecast` for people: a bar for each day or week in which something happens, then what is remarkable.
import { DAY_SECONDS, formatDuration } from '../../text/duration.js';
import { dateOf, bucketTotal, type Forecast } from './forecast.js';
import type { Bucket } from '../../rotation/forecast.js';
import type { Terminal } from '../../output/terminal.js';
import { foldLines } from '../../text/fold-lines.js';
import { retirementLines } from '../retirement-lines.js';
import { printable } from '../../text/printable.js';

/** The width, in columns, if the output is no terminal. */
const USUAL_WIDTH = 80;
const NARROWEST_BAR = 8;

export function* forecastChart(forecast: Forecast, terminal: Terminal): Generator<string> {
  const { buckets, busiest, undecidable, ifWeekly, window } = forecast;
  const { paint } = terminal;
  const unit = window.bucketSeconds === DAY_SECONDS ? 'day' : 'week';
  const shown = buckets.filter((bucket) => bucketTotal(bucket) > 0);
  const until = dateOf(window.until);
  const said = (text: string, painted = (line: string) => line) =>
    foldLines(text, terminal.width).map((line) => painted(line));
  if (shown.length === 0) yield `Nothing falls due until ${until}.`;
  else yield* said(`Rotations and ends of certificates until ${until}, by ${unit}`, paint.bold);
  yield* bars(shown, terminal);
  if (shown.length > 0) {
    const named = busiest.map((bucket) => `${dateOf(bucket.start)} (${bucketTotal(bucket)})`);
    yield '';
    yield* said(`busiest: ${named.join(', ')}`);
  }
  if (undecidable.length > 0) {
    yield* said(
      `not counted, as their deadline cannot be computed: ${someOf(undecidable)}`,
      paint.yellow,
    );
  }
  const unreadable = unreadableLine(forecast);
  if (unreadable !== null) yield* said(unreadable, paint.yellow);
  const { keysLate, longestLateSeconds, rotationsMissed } = ifWeekly;
  if (keysLate > 0) {
    yield* said(
      `with weekly runs alone: ${keysLate} ${keysLate === 1 ? 'key' : 'keys'} late by more than a day, at most ${formatDuration(longestLateSeconds)}; ${rotationsMissed} fewer rotations`,
    );
  }
  yield* retirementLines(forecast.retiring, terminal);
}

/** Says which certificates' ends are missing, wherever a forecast is printed; null if none is. */
export function unreadableLine({ failures }: Forecast): string | null {
  const uids = failures.map(({ uid }) => uid);
  if (uids.length === 0) return null;
  const which = uids.length === 1 ? 'one certificate that' : `${uids.length} certificates that`;
  return `not counted: the ends of ${which} cannot be read (kms report tells why): ${someOf(uids)}`;
}

const MOST_NAMED = 5;

function someOf(uids: readonly string[]): string {
  const named = uids.slice(0, MOST_NAMED).map((uid) => printable(uid));
  return `${named.join(', ')}${uids.length > MOST_NAMED ? ', …' : ''}`;
}

function* bars(buckets: readonly Bucket[], { width, paint }: Terminal): Generator<string> {
  const greatest = Math.max(...buckets.map(bucketTotal), 1);
  const digits = String(greatest).length;
  const available =
    (Number.isFinite(width) ? width : USUAL_WIDTH) - 'YYYY-MM-DD'.length - digits - 3;
  const room = Math.max(NARROWEST_BAR, available);
  for (const bucket of buckets) {
    const length = Math.max(1, Math.round((bucketTotal(bucket) / greatest) * room));
    const ends = Math.min(length, Math.ceil((bucket.expiries / bucketTotal(bucket)) * length));
    const bar = paint.cyan('█'.repeat(length - ends)) + paint.red('▒'.repeat(ends));
    yield `${dateOf(bucket.start)} ${String(bucketTotal(bucket)).padStart(digits)} ${bar}`;
  }
  if (buckets.some(({ expiries }) => expiries > 0)) {
    yield `${paint.cyan('█')} rotations  ${paint.red('▒')} ends of certificates`;
  }
}
