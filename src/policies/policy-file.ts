// Policy files: TOML with a table [[rule]] for each rule. What is wrong with one is named by file, line and member.
// Which keys a rule matches, rotation/policy-rules.ts decides.
import { selectorMistake } from './check-selectors.js';
import {
  changeOf,
  membersOf,
  RULE_MEMBERS,
  selectorsOf,
  type RuleMembers,
} from './rule-members.js';
import { shadowedBy, type PolicyRule } from '../rotation/policy-rules.js';
import { listOfTables } from '../settings/kinds/list-of-tables.js';
import { describeMistake } from '../settings/kinds/value-kind.js';
import { readTomlFile, type TomlFile, type TomlFileUse } from '../settings/toml/toml-file.js';
import { formatMember } from '../settings/toml/toml-value.js';

export interface FileRule extends PolicyRule {
  readonly line: number;
}

const USE: TomlFileUse = { title: 'the policy file', reason: 'InvalidArgument' };

const RULES = listOfTables({ members: RULE_MEMBERS, entryName: 'rule', header: '[[rule]]' });

/** Reads a policy file, `-` for standard input. @throws KmsError InvalidArgument, naming line and member. */
export function readPolicyFile(path: string): readonly FileRule[] {
  return rulesIn(readTomlFile(path, USE));
}

/** Returns the text of a policy file with these rules, below a comment. */
export function formatPolicyFile(rules: readonly PolicyRule[], comment: readonly string[]): string {
  const tables = rules.map((rule) => {
    const members = Object.entries(membersOf(rule));
    return ['', '[[rule]]', ...members.map(([name, value]) => formatMember([name], value))];
  });
  return [...comment.map((line) => `# ${line}`), ...tables.flat(), ''].join('\n');
}

function rulesIn(file: TomlFile): readonly FileRule[] {
  const unknown = Object.keys(file.root).find((name) => name !== 'rule');
  if (unknown !== undefined) {
    const hint = 'a policy file has only tables [[rule]]';
    throw file.errorAt([unknown], `unknown member ${JSON.stringify(unknown)}`, hint);
  }
  const read = RULES.readToml(file.root['rule'] ?? []);
  if (read.mistake !== undefined) {
    const { path, message, hint } = read.mistake;
    const text = path.length === 0 ? describeMistake('rule', read.mistake) : message;
    throw file.errorAt(['rule', ...path], text, hint);
  }
  const rules: FileRule[] = [];
  for (const members of read.value) rules.push(nextRule(file, rules, members));
  return rules;
}

function nextRule(file: TomlFile, earlier: readonly FileRule[], members: RuleMembers): FileRule {
  const place = earlier.length;
  const fail = (member: readonly string[], message: string, hint: string) =>
    file.errorAt(['rule', place, ...member], `rule ${place + 1}${message}`, hint);
  const selectors = selectorsOf(members);
  const mistake = selectorMistake(selectors);
  if (mistake !== null) throw fail([mistake.selector], `: ${mistake.message}`, mistake.hint);
  const change = changeOf(members);
  if ((change === null) !== (members.leave === true)) {
    const message = change === null ? ' changes nothing' : ' has leave = true and changes keys';
    const hint = 'set interval, offset, automatic or keyset; or leave = true alone';
    throw fail([], message, hint);
  }
  const rule = { selectors, change, line: file.lineOf(['rule', place]) };
  const shadowing = shadowedBy([...earlier, rule], place);
  if (shadowing === null) return rule;
  const names = shadowing.map((other) => `rule ${other + 1} (line ${earlier[other]?.line ?? 0})`);
  throw fail(
    [],
    ` can never match: ${names.join(' and ')} takes all of its keys`,
    'the first rule that matches decides: put the narrower rule first, or remove it',
  );
}
