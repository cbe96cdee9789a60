// Tells chains of bare hashes from before a key came in from those that were forged since. A keyed opening names whatever the
// table of chains lists, so being named by one proves nothing of a chain that no key seals: it must have been there before.
import { formatInstant } from '../../kmip/date-time.js';
import { DAY_SECONDS } from '../../text/duration.js';

export interface BareChains {
  /** A key was brought in where there was none, as a row that it seals shows: otherwise that could be forged, too. */
  broughtIn(at: string): void;
  /** A key seals the opening of a chain. */
  keyedOpening(at: string): void;
  /** Says whether what only keyed openings name, this one first, was written when the key had long been there. */
  readonly isTooLate: (namedAt: string) => boolean;
}

/** A run without the key that was at work when the key came in may go on for so long. */
const GRACE_SECONDS = DAY_SECONDS;

export function bareChains(): BareChains {
  const broughtIn: string[] = [];
  /** The first and the last opening of each day: enough, and few. */
  const days = new Map<string, readonly [first: string, last: string]>();
  return {
    broughtIn: (at) => {
      if (!Number.isNaN(Date.parse(at))) broughtIn.push(at);
    },
    keyedOpening: (at) => {
      const day = at.slice(0, at.indexOf('T'));
      const [first, last] = days.get(day) ?? [at, at];
      days.set(day, [first < at ? first : at, last > at ? last : at]);
    },
    isTooLate: (namedAt) => {
      const at = broughtIn.filter((one) => one <= namedAt).reduce((a, b) => (a > b ? a : b), '');
      if (at === '') return false;
      const from = formatInstant(Date.parse(at) / 1000 + GRACE_SECONDS);
      // An opening in between names all that was there, and did not name this.
      return [...days.values()].flat().some((opening) => from <= opening && opening < namedAt);
    },
  };
}
