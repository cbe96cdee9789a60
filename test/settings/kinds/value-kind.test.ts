// The values that settings and rules may have, in TOML files and in variables.
import assert from 'node:assert/strict';
import { listOfTables } from '../../../src/settings/kinds/list-of-tables.js';
import {
  COMMAND,
  DURATIONS,
  POSITIVE_INTEGERS,
  listOfEnum,
  STRINGS,
} from '../../../src/settings/kinds/lists.js';
import {
  BOOLEAN,
  DURATION,
  NON_EMPTY_STRING,
  enumOf,
  POSITIVE_INTEGER,
  STRING,
} from '../../../src/settings/kinds/scalars.js';
import {
  describeMistake,
  type Read,
  type ValueKind,
} from '../../../src/settings/kinds/value-kind.js';

type Case = readonly [kind: ValueKind<unknown>, value: unknown, expected: unknown];

const PEOPLE = listOfTables({
  members: { address: NON_EMPTY_STRING, days: POSITIVE_INTEGERS },
  required: ['address'],
  entryName: 'entry',
  header: '[[people]]',
});

/** Undefined for a value that is refused. */
const valueOf = (read: Read<unknown>) => (read.mistake === undefined ? read.value : undefined);

describe('kinds of values', () => {
  const inToml: readonly Case[] = [
    [STRING, '', ''],
    [STRING, 1, undefined],
    [NON_EMPTY_STRING, '', undefined],
    [BOOLEAN, 'true', undefined],
    [DURATION, '30d', 2_592_000],
    [DURATION, 90, undefined],
    [DURATION, '90', undefined],
    [DURATION, '1001y', undefined],
    [DURATION, 0, 0],
    [DURATION, 'soon', undefined],
    [POSITIVE_INTEGER, 0, undefined],
    [POSITIVE_INTEGER, 1.5, undefined],
    [POSITIVE_INTEGERS, [30, 7, 1], [30, 7, 1]],
    [POSITIVE_INTEGERS, ['30'], undefined],
    [DURATIONS, ['7d', '1d'], [86_400, 7 * 86_400]],
    [DURATIONS, [], []],
    [DURATIONS, ['1d', '0'], undefined],
    [DURATIONS, [1], undefined],
    [STRINGS, 'one', ['one']],
    [COMMAND, ['/bin/true', ''], ['/bin/true', '']],
    [COMMAND, [], undefined],
    [COMMAND, [''], undefined],
    [enumOf(['a', 'b']), 'b', 'b'],
    [enumOf(['a', 'b']), 'c', undefined],
    [listOfEnum(['a', 'b']), ['b'], ['b']],
    [listOfEnum(['a', 'b']), ['b', 'c'], undefined],
    [PEOPLE, [{ address: 'a@b' }], [{ address: 'a@b' }]],
    [PEOPLE, {}, undefined],
  ];
  for (const [kind, value, expected] of inToml) {
    it(`reads ${JSON.stringify(value)}, which ${kind.requirement}`, () => {
      assert.deepEqual(valueOf(kind.readToml(value)), expected);
    });
  }

  it('refuse an integer beyond 2^53', () => {
    for (const kind of [POSITIVE_INTEGER, DURATION]) {
      assert.equal(valueOf(kind.readToml(9007199254740993n)), undefined);
    }
  });

  const inVariables: readonly Case[] = [
    [BOOLEAN, 'false', false],
    [BOOLEAN, 'toString', undefined],
    [DURATION, '8w', 4_838_400],
    [POSITIVE_INTEGER, '12', 12],
    [POSITIVE_INTEGER, '1e3', undefined],
    [POSITIVE_INTEGERS, '30, 7,1', [30, 7, 1]],
    [POSITIVE_INTEGERS, '30,x', undefined],
    [DURATIONS, '12h, 1d', [43_200, 86_400]],
    [DURATIONS, 'none', []],
    [DURATIONS, '1d,x', undefined],
    [STRINGS, 'one, two', ['one', 'two']],
    [listOfEnum(['a', 'b']), 'a,b', ['a', 'b']],
    [COMMAND, '/bin/echo a', ['/bin/echo a']],
    [COMMAND, '["/bin/echo", "a"]', ['/bin/echo', 'a']],
    [PEOPLE, '[{ address = "a@b", days = [7] }]', [{ address: 'a@b', days: [7] }]],
    [PEOPLE, '[{"address": "a@b"}]', [{ address: 'a@b' }]],
    [PEOPLE, 'a@b', undefined],
  ];
  for (const [kind, text, expected] of inVariables) {
    it(`reads the variable ${String(text)}, which ${kind.requirement}`, () => {
      assert.deepEqual(valueOf(kind.readText(String(text))), expected);
    });
  }

  it('name the entry of a list of tables, the member, and the nearest known one', () => {
    for (const [entry, message, hint, path] of [
      [
        { adress: 'x' },
        'entry 2 has an unknown member "adress"',
        /did you mean address\?/,
        [1, 'adress'],
      ],
      [
        { address: '' },
        'entry 2: address must be a string, and not empty',
        /leave it out/,
        [1, 'address'],
      ],
      [{ days: [1] }, 'entry 2 has no address', /give it one/, [1]],
      [7, 'entry 2 is not a table', /\[\[people\]\]/, [1]],
    ] as const) {
      const { mistake } = PEOPLE.readToml([{ address: 'a@b' }, entry]);
      assert.equal(mistake?.message, message);
      assert.match(mistake.hint, hint);
      assert.deepEqual(mistake.path, path);
      assert.equal(describeMistake('people', mistake), `people: ${message}`);
    }
  });

  it('say what a value must be', () => {
    const { mistake } = BOOLEAN.readToml(1);
    assert.equal(
      mistake && describeMistake('log.level', mistake),
      'log.level must be true or false',
    );
  });
});
