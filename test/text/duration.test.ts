// Durations as operators write them and as they read them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
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
  it('takes a number with its unit, from none to a thousand years', () => {
    const units = { s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY };
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.entries(units)),
        fc.nat(),
        fc.nat(3),
        (unit, n, zeros) => {
          const count = n % (1 + Math.floor((1000 * 365 * DAY) / unit[1]));
          assert.equal(parseDuration(`${'0'.repeat(zeros)}${count}${unit[0]}`), count * unit[1]);
        },
      ),
    );
    for (const text of ['0', '000']) assert.equal(parseDuration(text), 0);
    assert.equal(parseDuration('1000y'), 365_000 * DAY);
  });

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
    const pattern = new RegExp(DURATION_PATTERN);
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
      assert.equal(pattern.test(text), isDuration(text), text);
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
  it('writes what parseDuration reads, in the greatest unit that needs no fraction', () => {
    const seconds = [0, 61, 36 * 3600, 90 * DAY];
    assert.deepEqual(seconds.map(exactDuration), ['0', '61s', '36h', '90d']);
    fc.assert(
      fc.property(fc.nat(1000 * 365 * DAY), (any) => {
        assert.equal(parseDuration(exactDuration(any)), any);
      }),
    );
  });
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
