// Policy files: what they may say, and what is wrong named by file, line and member.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { KmsError } from '../../src/errors.js';
import {
  formatPolicyFile,
  parsePolicyFile,
  readPolicyFile,
} from '../../src/policies/policy-file.js';
import { temporaryFolder } from '../support/temporary.js';

const parse = (text: string) => parsePolicyFile('p.toml', text);

function refusal(text: string): KmsError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof KmsError);
    assert.equal(error.reason, 'InvalidArgument');
    return error;
  }
  return assert.fail('nothing was refused');
}

const RULES = `# policies
[[rule]]
uid = ["legacy", "kék 😀"]
leave = true

[[rule]]
tag = ["env:prod", "eu"]
owner = "ops@example.org"
type = ["SymmetricKey", "PrivateKey"]
algorithm = "AES"
interval = "90d"
offset = "3600s"
keyset = true

[[rule]]
interval = "1y"
automatic = false
`;

describe('a policy file', () => {
  it('has rules, each with selectors and what is to be set', () => {
    const [first, second, third] = parse(RULES);
    assert.deepEqual([first?.line, second?.line, third?.line], [2, 6, 15]);
    assert.deepEqual(first?.selectors.uid, ['legacy', 'kék 😀']);
    assert.equal(first.change, null);
    assert.deepEqual(second?.selectors, {
      tag: ['env:prod', 'eu'],
      owner: ['ops@example.org'],
      type: ['SymmetricKey', 'PrivateKey'],
      algorithm: ['AES'],
      uid: undefined,
    });
    assert.deepEqual(second.change, {
      intervalSeconds: 90 * 86_400,
      offsetSeconds: 3600,
      automatic: undefined,
      keyset: true,
    });
    assert.equal(third?.change?.automatic, false);
  });

  it('may have none', () => {
    assert.deepEqual(parse('# nothing\n'), []);
  });

  it('is written as it was read', () => {
    const rules = parse(RULES);
    const written = formatPolicyFile(rules, ['a comment']);
    assert.match(written, /^# a comment\n/);
    const bare = (list: typeof rules) =>
      list.map(({ selectors, change }) => ({ selectors, change }));
    assert.deepEqual(bare(parse(written)), bare(rules));
    assert.deepEqual(parse(formatPolicyFile([], ['none'])), []);
  });

  for (const [what, text, says, hint] of [
    ['what is not TOML', '[[rule]]\ninterval = 90d\n', /^p\.toml:2:\d+: not valid TOML$/, /quotes/],
    ['an unknown table', '[[rules]]\n', /^p\.toml:1: unknown member "rules"/, /\[\[rule\]\]/],
    ['one table', '[rule]\ninterval = "1d"\n', /^p\.toml:1: rule must be a list/, /\[\[rule\]\]/],
    ['no tables', 'rule = [1]\n', /^p\.toml:1: rule 1 is not a table/, /\[\[rule\]\]/],
    [
      'an unknown member',
      '[[rule]]\ninterval = "1d"\n\n[[rule]]\ntag = "a"\nintervall = "1d"\n',
      /^p\.toml:6: rule 2 has an unknown member "intervall"/,
      /did you mean interval\?/,
    ],
    [
      'a duration that is none',
      '[[rule]]\ntag = "a"\ninterval = "90 days"\n',
      /^p\.toml:3: rule 1: interval must be a duration/,
      /30d/,
    ],
    ['a duration that is too long', '[[rule]]\ninterval = "1001y"\n', /^p\.toml:2: /, /1y/],
    [
      'a switch that is none',
      '[[rule]]\nautomatic = "no"\n',
      /^p\.toml:2: .*true or false/,
      /case/,
    ],
    [
      'an empty uid',
      '[[rule]]\nuid = ""\ninterval = "1d"\n',
      /^p\.toml:2: .*"" is not a valid uid/,
      /128/,
    ],
    [
      'a uid that is too long',
      `[[rule]]\ninterval = "1d"\nuid = ["k", "${'x'.repeat(129)}"]\n`,
      /^p\.toml:3: .*is not a valid uid/,
      /128/,
    ],
    [
      'a uid of a module',
      '[[rule]]\nuid = "hsm::1"\ninterval = "1d"\n',
      /^p\.toml:2: .*hsm::1/,
      /hsm/,
    ],
    [
      'a number for a uid',
      '[[rule]]\nuid = 7\ninterval = "1d"\n',
      /^p\.toml:2: .*uid must be/,
      /one/,
    ],
    [
      'a type that is none',
      '[[rule]]\ntype = "Key"\ninterval = "1d"\n',
      /:2: .*is not an Object/,
      /SymmetricKey/,
    ],
    [
      'a type without rotation',
      '[[rule]]\ntype = "PublicKey"\ninterval = "1d"\n',
      /:2: .*PublicKey cannot be rotated, so the rule matches no key/,
      /PrivateKey/,
    ],
    [
      'an algorithm that is none',
      '[[rule]]\nalgorithm = "aes"\ninterval = "1d"\n',
      /:2: .*"aes"/,
      /AES/,
    ],
    [
      'a type that has no such algorithm',
      '[[rule]]\ninterval = "1d"\ntype = "Certificate"\nalgorithm = ["AES", "RSA"]\n',
      /:4: .*no Certificate has the algorithm AES or RSA/,
      /correct/,
    ],
    ['an empty list', '[[rule]]\ntag = []\ninterval = "1d"\n', /:2: .*tag names nothing/, /leave/],
    [
      'a rule that asks for nothing',
      '[[rule]]\ntag = "a"\n',
      /:1: rule 1 changes nothing/,
      /leave/,
    ],
    [
      'a rule that leaves keys, and changes them',
      '[[rule]]\nleave = true\ninterval = "1d"\n',
      /:1: rule 1 has leave = true and changes keys/,
      /leave/,
    ],
    [
      'a rule that can never match',
      '[[rule]]\ntag = "a"\ninterval = "1d"\n[[rule]]\ntag = ["b", "a"]\ninterval = "2d"\n',
      /^p\.toml:4: rule 2 can never match: rule 1 \(line 1\) takes all of its keys/,
      /narrower/,
    ],
  ] as const) {
    it(`is refused for ${what}`, () => {
      const error = refusal(text);
      assert.match(error.message, says);
      assert.match(error.hint ?? '', hint);
    });
  }

  it('is refused if it cannot be read', () => {
    const path = join(temporaryFolder(), 'gone.toml');
    assert.throws(() => readPolicyFile(path), { reason: 'InvalidArgument' });
  });
});
