// `kms forecast` for other programs: CSV (RFC 4180), and a calendar (RFC 5545) with one entry for each day or
// week in which something happens.
import { dateOf, bucketTotal, type Forecast } from './forecast.js';
import { formatInstant } from '../../kmip/date-time.js';
import type { Bucket } from '../../rotation/forecast.js';

/** Its cells are dates and numbers, which no spreadsheet takes for a formula. */
export function* forecastCsv({ buckets }: Forecast): Generator<string> {
  yield 'start,rotations,expiries';
  for (const { start, rotations, expiries } of buckets) {
    yield `${dateOf(start)},${rotations},${expiries}`;
  }
}

/** Returns the text of the calendar of a store, with the line ends of its standard. */
export function forecastCalendar(forecast: Forecast, store: string): string {
  const { window, buckets } = forecast;
  const events = buckets
    .filter((bucket) => bucketTotal(bucket) > 0)
    .flatMap((bucket) => event(bucket, forecast, store));
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//kms//forecast//EN',
    'CALSCALE:GREGORIAN',
    `X-WR-CALNAME:${escaped(`Key rotations of ${store} until ${dateOf(window.until)}`)}`,
    ...events,
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${foldOctets(line)}\r\n`).join('');
}

function event(bucket: Bucket, { window }: Forecast, store: string): readonly string[] {
  const { start, rotations, expiries, uids } = bucket;
  const parts = [
    rotations > 0 ? `${rotations} ${rotations === 1 ? 'rotation' : 'rotations'}` : '',
    expiries > 0 ? `${expiries} ${expiries === 1 ? 'certificate ends' : 'certificates end'}` : '',
  ].filter((part) => part !== '');
  const more = bucketTotal(bucket) > uids.length ? '\n…' : '';
  return [
    'BEGIN:VEVENT',
    `UID:${dateOf(start)}-${window.bucketSeconds}-${store}@kms-forecast`,
    `DTSTAMP:${basic(formatInstant(window.now))}`,
    `DTSTART;VALUE=DATE:${basic(dateOf(start))}`,
    `DTEND;VALUE=DATE:${basic(dateOf(start + window.bucketSeconds))}`,
    `SUMMARY:${escaped(`${store}: ${parts.join(', ')}`)}`,
    `DESCRIPTION:${escaped(uids.join('\n') + more)}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}

function basic(instant: string): string {
  return instant.replaceAll(/[-:]/g, '');
}

/** RFC 5545 §3.3.11. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(';', '\\;')
    .replaceAll(',', '\\,')
    .replaceAll('\n', '\\n');
}

/** Lines of at most 75 octets, no character cut in two (RFC 5545 §3.1). */
function foldOctets(line: string): string {
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > 75) {
      parts.push(part);
      part = ' ';
      octets = 1;
    }
    part += character;
    octets += size;
  }
  return [...parts, part].join('\r\n');
}
