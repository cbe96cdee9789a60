// Whether changes of key follow one from another, written as `AB` for a change from A to B at a minute; - is no key.
import assert from 'node:assert/strict';
import { wrongChanges } from '../../../src/report/audit/key-changes.js';

const keyOf = (letter: string | undefined) =>
  letter === undefined || letter === '-' ? null : letter;

function wrongOf(text: string): string {
  const changes = text.split(' ').map((one) => {
    const [, pair = '', minute] = /^(..)(\d+)$/.exec(one) ?? [];
    const at = new Date(Date.UTC(2026, 0, 1, 0, Number(minute))).toISOString().replace('.000', '');
    const row = { chain: one, seq: 1, hash: null, at, run: '', uid: '', outcome: 'key-changed' };
    return { from: keyOf(pair[0]), to: keyOf(pair[1]), row };
  });
  return wrongChanges(changes)
    .map(({ change, changedFor }) => `${String(change.row.chain)}>${String(changedFor)}`)
    .join(' ');
}

describe('changes of the key that seals the log', () => {
  for (const [what, changes, wrong] of [
    ['none', '-A0', ''],
    ['one after the other', '-A0 AB60 BC120 C-180 -A240', ''],
    ['back and forth', 'AB0 BA60 AC120', ''],
    ['back and forth in one second, and on later', 'AB0 BA0 AC60', ''],
    ['all in one second, in any order', 'AC0 BA0 AB0', ''],
    ['by hosts whose clocks differ', 'BC0 AB4 CD60', ''],
    ['one by two runs at once', '-A0 -A0 AB60', ''],
    ['one by two runs at once, later', 'AB0 B-60 -C120 -C121 CD180', ''],
    ['of a key that was changed before', 'AB0 AC60 BD120', 'AC60>B'],
    ['of a key that was changed before, in the same second', '-A0 AB60 AC60', 'AC60>B'],
    ['of a key that was changed before, and comes back only later', 'AB0 AC60 BA120', 'AC60>B'],
    ['of a key that came back once, twice', 'AB0 BA60 AD120 AC180', 'AC180>D'],
    ['of a key that was never in force', 'AB0 CD60', 'CD60>undefined'],
  ] as const) {
    it(`${what}: ${wrong === '' ? 'are right' : `${wrong} is wrong`}`, () => {
      assert.equal(wrongOf(changes), wrong);
    });
  }
});
