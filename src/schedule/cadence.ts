// How often something runs, in the words of each scheduler, and at which minute: not at the full hour, when most other
// jobs start, nor when the runs of other stores and other hosts do.
import { createHash } from 'node:crypto';
import { KmsError } from '../errors.js';
import { formatDuration } from '../text/duration.js';

export interface Cadence {
  readonly everySeconds: number;
  /** As crontab(5) writes it, and Kubernetes. */
  readonly cron: string;
  /** As systemd.time(7) writes it. */
  readonly calendar: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Returns how schedulers write that something runs every so many seconds.
 *
 * @param seed what tells stores and hosts apart; it chooses the minute
 * @throws KmsError InvalidArgument unless that is a divisor of an hour or a day, a day, or a week.
 */
export function cadenceFor(everySeconds: number, seed: string): Cadence {
  const words = wordsFor(everySeconds, (count) => spread(seed, count));
  if (words !== null) return { everySeconds, ...words };
  throw new KmsError(
    'InvalidArgument',
    `schedulers cannot say "every ${formatDuration(everySeconds)}"`,
    { hint: 'choose what divides an hour or a day, such as 15m, 1h, 6h, 1d, or a week: 1w' },
  );
}

/** Once a day, in the morning. */
export function warningsCadence(seed: string): Cadence {
  const choose = (count: number) => spread(`${seed}\nwarnings`, count);
  return { everySeconds: DAY, ...daily(1 + choose(59), 6 + choose(2)) };
}

type Words = Pick<Cadence, 'cron' | 'calendar'>;

/** @param choose returns a number from 0 to one less than it is given. */
function wordsFor(every: number, choose: (count: number) => number): Words | null {
  const minute = 1 + choose(59);
  if (every === 7 * DAY) return weekly(minute, 3 + choose(3));
  if (every === DAY) return daily(minute, 3 + choose(3));
  if (every <= 0) return null;
  if (every % HOUR === 0 && DAY % every === 0) return hourly(minute, every / HOUR, choose);
  if (every % MINUTE === 0 && HOUR % every === 0) return everyMinutes(every / MINUTE, choose);
  return null;
}

function weekly(minute: number, hour: number): Words {
  return {
    cron: `${minute} ${hour} * * 1`,
    calendar: `Mon *-*-* ${twoDigits(hour)}:${twoDigits(minute)}:00`,
  };
}

function daily(minute: number, hour: number): Words {
  return {
    cron: `${minute} ${hour} * * *`,
    calendar: `*-*-* ${twoDigits(hour)}:${twoDigits(minute)}:00`,
  };
}

function hourly(minute: number, hours: number, choose: (count: number) => number): Words {
  if (hours === 1) {
    return { cron: `${minute} * * * *`, calendar: `*-*-* *:${twoDigits(minute)}:00` };
  }
  const first = choose(hours);
  return {
    cron: `${minute} ${first}-23/${hours} * * *`,
    calendar: `*-*-* ${twoDigits(first)}/${hours}:${twoDigits(minute)}:00`,
  };
}

function everyMinutes(minutes: number, choose: (count: number) => number): Words {
  if (minutes === 1) return { cron: '* * * * *', calendar: '*-*-* *:*:00' };
  const first = 1 + choose(minutes - 1);
  return {
    cron: `${first}-59/${minutes} * * * *`,
    calendar: `*-*-* *:${twoDigits(first)}/${minutes}:00`,
  };
}

/** Returns a number from 0 to one less than `count`; different seeds lead to all of them alike. */
function spread(seed: string, count: number): number {
  return createHash('sha256').update(`${count}\n${seed}`).digest().readUInt32BE() % count;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
