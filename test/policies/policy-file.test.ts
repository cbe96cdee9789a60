// Policy files: what they may say, and what is wrong named by file, line and member.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPolicyFile, readPolicyFile } from '../../src/policies/policy-file.js';
import { temporaryFolder } from '../support/temporary.js';

const path = join(temporaryFolder(), 'p.toml');

function parse(text: string) {
  writeFileSync(path, text);
  return readPolicyFile(path);
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
      ...{ tag: ['env:prod', 'eu'], owner: ['ops@example.org'] },
      ...{ type: ['SymmetricKey', 'PrivateKey'], algorithm: ['AES'], uid: undefined },
    });
    assert.deepEqual(second.change, {
      ...{ intervalSeconds: 90 * 86_400, offsetSeconds: 3600 },
      ...{ automatic: undefined, keyset: true },
      ...{ beforeEndSeconds: undefined, overlapSeconds: undefined },
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
    ['what is not TOML', '[[rule]]\ninterval = 90d', /p\.toml:2:\d+: not valid TOML$/, /quotes/],
    ['an unknown table', '[[rules]]', /p\.toml:1: unknown member "rules"/, /\[\[rule\]\]/],
    ['one table', '[rule]\ninterval = "1d"', /:1: rule must be a list/, /\[\[rule\]\]/],
    ['no tables', 'rule = [1]', /:1: rule 1 is not a table/, /\[\[rule\]\]/],
    ['a rule that asks for nothing', '[[rule]]\ntag = "a"', /:1: rule 1 changes nothing/, /leave/],
    ...[
      ['an unknown member', 'intervall = 1', /:3: rule 1 has an unknown member/, /mean interval\?/],
      ['a duration that is none', 'offset = "90 days"', /:3: .* offset must be a duration/, /30d/],
      ['a duration that is too long', 'offset = "1001y"', /:3: /, /1y/],
      ['a switch that is none', 'automatic = "no"', /:3: .*true or false/, /case/],
      ['an empty uid', 'uid = ""', /:3: .*"" is not a valid uid/, /128/],
      ['a long uid', `uid = ["k", "${'x'.repeat(129)}"]`, /:3: .*is not a valid uid/, /128/],
      ['a uid of a module', 'uid = "hsm::1"', /:3: .*hsm::1/, /hsm/],
      ['a number for a uid', 'uid = 7', /:3: .*uid must be/, /one/],
      ['a type that is none', 'type = "Key"', /:3: .*is not an Object/, /SymmetricKey/],
      ['a type never due', 'type = "PublicKey"', /PublicKey cannot be rotated/, /PrivateKey/],
      ['an algorithm that is none', 'algorithm = "aes"', /:3: .*"aes"/, /AES/],
      [
        ...['a type without such algorithms', 'type = "Certificate"\nalgorithm = ["AES", "RSA"]'],
        ...[/:4: .*no Certificate has the algorithm AES or RSA/, /correct/],
      ],
      ['an empty list', 'tag = []', /:3: .*tag is empty/, /leave/],
      ['leaving and changing', 'leave = true', /:1: .*has leave = true and changes keys/, /leave/],
      [
        ...['a vain rule', 'tag = "a"\n[[rule]]\ntag = ["b", "a"]\ninterval = "2d"'],
        ...[/:4: rule 2 can never match: rule 1 \(line 1\) takes all of its keys/, /narrower/],
      ],
    ].map(([what, members, ...rest]) => [what, `[[rule]]\ninterval = "1d"\n${members}`, ...rest]),
  ] as [string, string, RegExp, RegExp][]) {
    it(`is refused for ${what}`, () => {
      assert.throws(() => parse(text), { reason: 'InvalidArgument', message: says, hint });
    });
  }

  it('is refused if it cannot be read', () => {
    assert.throws(() => readPolicyFile(`${path}.gone`), { reason: 'InvalidArgument' });
  });
});
