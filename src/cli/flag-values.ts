// Parses numbers, times and texts that follow flags. text/duration.ts parses durations.
import { KmsError } from '../errors.js';
import { LAST_INSTANT, type EpochSeconds } from '../kmip/date-time.js';

/** Returns a whole number of 1 or more. @throws KmsError InvalidArgument */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new KmsError(
    'InvalidArgument',
    `${JSON.stringify(text)} is not a whole number of 1 or more`,
    {
      hint: 'leave the flag out for its default',
    },
  );
}

/**
 * Returns a text that is not empty: a script with an unset variable passes an empty one. @throws KmsError
 * InvalidArgument
 */
export function parseText(text: string): string {
  if (text !== '') return text;
  throw new KmsError('InvalidArgument', 'it is empty', {
    hint: 'give it a value, or leave the flag out',
  });
}

/** Returns the instant of an ISO 8601 date, or date and time with a zone. @throws KmsError InvalidArgument */
export function parseInstant(text: string): EpochSeconds {
  const day = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.exec(text)?.[1];
  const instant = Math.floor(Date.parse(text) / 1000);
  // Date.parse reads the 30th of February as the 2nd of March.
  const exists = day !== undefined && isoDayOf(Date.parse(`${day}T00:00:00Z`)) === day;
  if (exists && instant >= 0 && instant <= LAST_INSTANT) return instant;
  throw new KmsError('InvalidArgument', `${JSON.stringify(text)} is not a time`, {
    hint: 'write 2026-08-01 or 2026-08-01T09:00:00Z, from 1970 on',
  });
}

function isoDayOf(milliseconds: number): string | null {
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString().slice(0, 10);
}
