// A forecast as a calendar (RFC 5545) and as CSV (RFC 4180).
import assert from 'node:assert/strict';
import type { Forecast } from '../../../src/views/forecast/forecast.js';
import { forecastCalendar, forecastCsv } from '../../../src/views/forecast/forecast-files.js';
import { DAY_SECONDS } from '../../../src/text/duration.js';

const START = 1_767_225_600;
const FORECAST: Forecast = {
  window: { now: START + 3600, until: START + 2 * DAY_SECONDS, bucketSeconds: DAY_SECONDS },
  buckets: [
    { start: START, rotations: 2, expiries: 1, uids: ['ключ, один; \\', 'b'.repeat(100)] },
    { start: START + DAY_SECONDS, rotations: 0, expiries: 0, uids: [] },
  ],
  busiest: [],
  undecidable: [],
  failures: [],
  ifWeekly: { keysLate: 0, longestLateSeconds: 0, rotationsMissed: 0 },
  retiring: [],
};

describe('a forecast for other programs', () => {
  it('is a calendar with one entry for each day on which something happens', () => {
    const text = forecastCalendar(FORECAST, 'keys-1f2e3d4c');
    assert.ok(text.endsWith('END:VCALENDAR\r\n'));
    const unfolded = text.replaceAll('\r\n ', '').split('\r\n');
    assert.equal(unfolded.filter((line) => line === 'BEGIN:VEVENT').length, 1);
    for (const line of [
      'DTSTAMP:20260101T010000Z',
      'DTSTART;VALUE=DATE:20260101',
      'DTEND;VALUE=DATE:20260102',
      'X-WR-CALNAME:Key rotations of keys-1f2e3d4c until 2026-01-03',
      'UID:2026-01-01-86400-keys-1f2e3d4c@kms-forecast',
      'SUMMARY:keys-1f2e3d4c: 2 rotations\\, 1 certificate ends',
      `DESCRIPTION:ключ\\, один\\; \\\\\\n${'b'.repeat(100)}\\n…`,
    ]) {
      assert.ok(unfolded.includes(line), `${line}\n${unfolded.join('\n')}`);
    }
  });

  it('has no line of more than 75 octets, and cuts no character', () => {
    const lines = forecastCalendar(FORECAST, 'keys-1f2e3d4c').split('\r\n');
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= 75));
    assert.ok(lines.every((line) => !line.includes('\u{fffd}')));
  });

  it('is CSV with every day', () => {
    assert.deepEqual(
      [...forecastCsv(FORECAST)],
      ['start,rotations,expiries', '2026-01-01,2,1', '2026-01-02,0,0'],
    );
  });
});
