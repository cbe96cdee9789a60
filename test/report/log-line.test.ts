// Lines of the log: one event each, whatever is in it, with stable names.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { logLine, type LogRecord } from '../../src/report/log-line.js';
import { anyText } from '../support/any-text.js';
import { JANUARY } from '../support/symmetric-keys.js';

const EVENT: LogRecord = {
  level: 'info',
  event: 'key-rotated',
  message: 'rotated "a"',
  fields: { uid: 'a', durationMs: 12, reason: null, hint: 'look at "it"' },
};

describe('a line of the log', () => {
  it('as JSON has time, level, event, message and what else is known', () => {
    assert.deepEqual(JSON.parse(logLine('json', JANUARY, EVENT)), {
      time: '2026-01-10T08:00:00Z',
      level: 'info',
      event: 'key-rotated',
      message: 'rotated "a"',
      uid: 'a',
      durationMs: 12,
      hint: 'look at "it"',
    });
  });

  it('as text can be read, and taken apart', () => {
    assert.equal(
      logLine('text', JANUARY, EVENT),
      '2026-01-10T08:00:00Z info  rotated "a" uid=a durationMs=12 hint="look at \\"it\\""\n',
    );
  });

  for (const format of ['json', 'text'] as const) {
    it(`is one line in ${format}, which steers no terminal`, () => {
      fc.assert(
        fc.property(anyText(), (uid) => {
          const line = logLine(format, JANUARY, { ...EVENT, message: uid, fields: { uid } });
          assert.match(line, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\n$/u);
        }),
      );
    });
  }

  it('as JSON gives back every text', () => {
    const odd = ['\u001b[2J', '\u2028', '\u{e0001}', '\u200b', 'ключ-😀', '\\u{1b}'];
    for (const uid of odd) {
      const line = logLine('json', JANUARY, { ...EVENT, fields: { uid } });
      assert.equal((JSON.parse(line) as { uid: string }).uid, uid);
    }
  });
});
