// The JSON Schema of kms.toml takes what the program takes, and nothing else.
import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { configSchema } from '../../src/settings/json-schema.js';
import { SETTING_NAMES, settingNamed, variableOf } from '../../src/settings/settings.js';

const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(configSchema());

/** Returns a document that has this one setting. */
function documentOf(name: string, value: unknown): object {
  return name.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

const VALUES = [
  ...[
    '',
    'x',
    '30d',
    'none',
    'warn',
    'offset+interval',
    'https://x.example.org',
    'a@b',
    true,
    false,
  ],
  ...[
    '10s',
    0,
    1,
    99_999,
    -1,
    1.5,
    [],
    [1],
    [30, 7],
    [0],
    ['x'],
    ['x', 1],
    {},
    { x: 1 },
    [{}],
    [{ x: 1 }],
  ],
];

describe('the JSON Schema of kms.toml', () => {
  for (const name of SETTING_NAMES) {
    it(`agrees with the program about ${name}`, () => {
      const { kind, defaultValue } = settingNamed(name);
      const defaults = defaultValue === undefined ? [] : [defaultValue];
      for (const value of [...VALUES, ...defaults]) {
        const read = kind.readToml(value);
        const isTaken = read.mistake === undefined && (read.flaws ?? []).length === 0;
        assert.equal(validate(documentOf(name, value)), isTaken, JSON.stringify(value));
      }
    });

    it(`tells the variable of ${name}`, () => {
      assert.ok(JSON.stringify(configSchema()).includes(`(${variableOf(name)})`));
    });
  }

  it('takes an empty file, and no unknown setting', () => {
    assert.ok(validate({}));
    assert.ok(!validate({ database: { uri: 'x' } }));
    assert.ok(!validate({ databas: {} }));
  });
});
