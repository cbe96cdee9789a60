// Durations as operators write them and as they read them.
import assert from 'node:assert/strict';
import {
  DURATION_PATTERN,
  exactDuration,
  formatDistance,
  formatDuration,
  parseDuration,
} from '../../src/text/duration.js';
import { KmsError } from '../../src/errors.js';

const DAY = 86_400;

describe('parseDuration', () => {
  for (const [text, seconds] of [
    ['0', 0],
    ['000', 0],
    ['0d', 0],
    ['90s', 90],
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
    ...['1001y', '9'.repeat(30), '0x10', '१d', '1d\n', 'toString', '1toString', '5', '90'],
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

describe('what parseDuration says', () => {
  for (const [text, message] of [
    ['5', '"5" has no unit'],
    ['1001y', '"1001y" is longer than 1000y'],
    ['3 days', '"3 days" is not a duration'],
  ] as const) {
    it(`of ${text}: ${message}; and names every unit`, () => {
      assert.throws(() => parseDuration(text), {
        message,
        hint: 'write a number and its unit: 30s, 10m (minutes), 12h, 30d, 8w or 1y (365 days); 0 needs none',
      });
    });
  }
});

describe('DURATION_PATTERN', () => {
  it('matches what parseDuration takes, and nothing else', () => {
    for (const text of [
      '0',
      '00',
      '0s',
      '5',
      '5d',
      '05w',
      'd',
      '-1d',
      '1.5d',
      '1D',
      ' 1d',
      '1d ',
    ]) {
      const taken = isDuration(text);
      assert.equal(new RegExp(DURATION_PATTERN).test(text), taken, text);
    }
  });
});

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}

describe('exactDuration', () => {
  for (const [seconds, text] of [
    [0, '0'],
    [61, '61s'],
    [36 * 3600, '36h'],
    [90 * DAY, '90d'],
  ] as const) {
    it(`writes ${seconds} seconds as ${text}, which parseDuration reads`, () => {
      assert.equal(exactDuration(seconds), text);
      assert.equal(parseDuration(text), seconds);
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
