// What values settings may have, in kms.toml and in variables.
import assert from 'node:assert/strict';
import * as kinds from '../../src/settings/setting-kinds.js';

type Case = readonly [kind: kinds.Kind<unknown>, value: unknown, expected: unknown];

const PEOPLE = kinds.tables({ address: kinds.NON_EMPTY, days: kinds.COUNTS }, ['address']);

describe('the kinds of settings', () => {
  const inToml: readonly Case[] = [
    [kinds.TEXT, '', ''],
    [kinds.TEXT, 1, undefined],
    [kinds.NON_EMPTY, '', undefined],
    [kinds.SWITCH, 'true', undefined],
    [kinds.DURATION, '30d', 2_592_000],
    [kinds.DURATION, 90, 90],
    [kinds.DURATION, 'soon', undefined],
    [kinds.COUNT, 0, undefined],
    [kinds.COUNT, 1.5, undefined],
    [kinds.COUNTS, [30, 7, 1], [30, 7, 1]],
    [kinds.COUNTS, ['30'], undefined],
    [kinds.TEXTS, 'one', ['one']],
    [kinds.ARGV, ['/bin/true', ''], ['/bin/true', '']],
    [kinds.ARGV, [], undefined],
    [kinds.choice(['a', 'b']), 'b', 'b'],
    [kinds.choice(['a', 'b']), 'c', undefined],
    [PEOPLE, [{ address: 'a@b' }], [{ address: 'a@b' }]],
    [PEOPLE, {}, undefined],
  ];
  for (const [kind, value, expected] of inToml) {
    it(`reads ${JSON.stringify(value)}, which ${kind.complaint}`, () => {
      assert.deepEqual(kind.fromToml(value), expected);
    });
  }

  const inVariables: readonly Case[] = [
    [kinds.SWITCH, 'false', false],
    [kinds.SWITCH, 'toString', undefined],
    [kinds.DURATION, '8w', 4_838_400],
    [kinds.COUNT, '12', 12],
    [kinds.COUNT, '1e3', undefined],
    [kinds.COUNTS, '30, 7,1', [30, 7, 1]],
    [kinds.COUNTS, '30,x', undefined],
    [kinds.TEXTS, 'one, two', ['one', 'two']],
    [kinds.ARGV, '/bin/echo a', ['/bin/echo a']],
    [kinds.ARGV, '["/bin/echo", "a"]', ['/bin/echo', 'a']],
    [PEOPLE, '[{ address = "a@b", days = [7] }]', [{ address: 'a@b', days: [7] }]],
    [PEOPLE, '[{"address": "a@b"}]', [{ address: 'a@b' }]],
    [PEOPLE, 'a@b', undefined],
  ];
  for (const [kind, text, expected] of inVariables) {
    it(`reads the variable ${String(text)}, which ${kind.complaint}`, () => {
      assert.deepEqual(kind.fromText(String(text)), expected);
    });
  }

  it('names the entry of a list of tables, the member, and the nearest known one', () => {
    for (const [entry, message, hint] of [
      [{ adress: 'x' }, /entry 2 has an unknown member "adress"/, /did you mean address\?/],
      [{ address: '' }, /entry 2: address must be a text, and not empty/, /leave it out/],
      [{ days: [1] }, /entry 2 has no address/, /give it one/],
      [7, /entry 2 is no table/, /\[\[…\]\]/],
    ] as const) {
      assert.throws(
        () => PEOPLE.fromToml([{ address: 'a@b' }, entry]),
        (error) =>
          error instanceof kinds.Complaint && message.test(error.message) && hint.test(error.hint),
      );
    }
  });
});
