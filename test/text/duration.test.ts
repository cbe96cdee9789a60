// Durations as operators write them and as they read them.
import assert from 'node:assert/strict';
import { formatDistance, formatDuration, parseDuration } from '../../src/text/duration.js';
import { KmsError } from '../../src/errors.js';

const DAY = 86_400;

describe('parseDuration', () => {
  for (const [text, seconds] of [
    ['0', 0],
    ['90', 90],
    ['30s', 30],
    ['10m', 600],
    ['12h', 43_200],
    ['30d', 30 * DAY],
    ['8w', 56 * DAY],
    ['1y', 365 * DAY],
    ['007d', 7 * DAY],
    ['1000y', 365_000 * DAY],
  ] as const) {
    it(`takes ${text} for ${seconds} seconds`, () => {
      assert.equal(parseDuration(text), seconds);
    });
  }

  for (const text of [
    ...['', ' ', 'd', '-1d', '+1d', '1.5d', '1e3', '1d ', ' 1d', '1D', '1 d', '1d12h', '30days'],
    ...['1001y', '9'.repeat(30), '0x10', '१d', '1d\n', 'toString'],
  ]) {
    it(`refuses ${JSON.stringify(text)}, and says what it takes`, () => {
      assert.throws(
        () => parseDuration(text),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidArgument' &&
          error.message.includes(JSON.stringify(text)) &&
          (error.hint ?? '').includes('30d'),
      );
    });
  }
});

describe('formatDuration', () => {
  for (const [seconds, text] of [
    [0, '0 s'],
    [1, '1 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [3661, '1 h 1 min'],
    [DAY, '1 d'],
    [DAY + 59, '1 d'],
    [30 * DAY, '30 d'],
    [365 * DAY, '1 y'],
    [770 * DAY, '2 y 40 d'],
  ] as const) {
    it(`writes ${seconds} seconds as ${text}: the two greatest units`, () => {
      assert.equal(formatDuration(seconds), text);
    });
  }
});

describe('formatDistance', () => {
  for (const [deadline, text] of [
    [1000, 'now'],
    [999, '1 s overdue'],
    [1001, 'in 1 s'],
    [1000 - 3 * DAY, '3 d overdue'],
    [1000 + 5 * 3600, 'in 5 h'],
  ] as const) {
    it(`tells ${text}`, () => {
      assert.equal(formatDistance(deadline, 1000), text);
    });
  }
});
