// Policy files: TOML with a table [[rule]] for each rule. What is wrong in one is named by file, line and
// member. Which key a rule takes is rotation/policy-rules.ts's business.
import { readFileSync } from 'node:fs';
import { parse, stringify, TomlError } from 'smol-toml';
import { SYMMETRIC_ALGORITHMS } from '../crypto/keys/symmetric-key.js';
import { exactDuration } from '../text/duration.js';
import { KmsError } from '../errors.js';
import { characterCount, LONGEST_UID } from '../kmip/unique-identifier.js';
import { CRYPTOGRAPHIC_ALGORITHMS, OBJECT_TYPES } from '../kmip/vocabulary.js';
import { nearest } from '../text/nearest.js';
import {
  ROTATABLE_TYPES,
  shadowedBy,
  type PolicyChange,
  type PolicyRule,
  type Selectors,
} from '../rotation/policy-rules.js';
import { DURATION, isTable, SWITCH, TEXTS, type Kind } from '../settings/setting-kinds.js';
import { lineOf, type MemberPath } from '../settings/toml-lines.js';

export interface FileRule extends PolicyRule {
  readonly line: number;
}

const SELECTORS = ['tag', 'owner', 'type', 'algorithm', 'uid'] as const;

const MEMBERS: Readonly<Record<string, Kind<unknown>>> = {
  ...Object.fromEntries(SELECTORS.map((name) => [name, TEXTS])),
  interval: DURATION,
  offset: DURATION,
  automatic: SWITCH,
  keyset: SWITCH,
  leave: SWITCH,
};

/** Reads a policy file, `-` for standard input. @throws KmsError InvalidArgument, naming line and member. */
export function readPolicyFile(path: string): readonly FileRule[] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw invalid(`the policy file ${path} cannot be read`, 'check the path and its rights', cause);
  }
  return parsePolicyFile(path, text);
}

/** The same of a text; `path` is for messages alone. */
export function parsePolicyFile(path: string, text: string): readonly FileRule[] {
  const complain: Complain = (at, message, hint) =>
    invalid(`${path}:${lineOf(text, at)}: ${message}`, hint);
  const document = parsed(path, text);
  const stranger = Object.keys(document).find((name) => name !== 'rule');
  if (stranger !== undefined) {
    const hint = 'a policy file has nothing but tables [[rule]]';
    throw complain([stranger], `unknown member ${JSON.stringify(stranger)}`, hint);
  }
  const tables = document['rule'] ?? [];
  if (!Array.isArray(tables)) {
    throw complain(['rule'], 'rule must be a list of tables', 'write [[rule]] above each');
  }
  const rules = tables.map((table: unknown, place) => ({
    ...ruleIn(table, place, complain),
    line: lineOf(text, ['rule', place]),
  }));
  refuseShadowed(rules, complain);
  return rules;
}

/** Returns the text of a policy file with these rules, below lines of comment. */
export function formatPolicyFile(rules: readonly PolicyRule[], comment: readonly string[]): string {
  const tables = rules.map(ruleMembers);
  const head = comment.map((line) => `# ${line}\n`).join('');
  return tables.length === 0 ? head : `${head}\n${stringify({ rule: tables })}`;
}

/** Returns a rule as a policy file has it. */
export function ruleMembers({ selectors, change }: PolicyRule): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(SELECTORS.flatMap((name) => listed(name, selectors[name]))),
    ...membersOf(change),
  };
}

type Complain = (at: MemberPath, message: string, hint: string) => KmsError;

function parsed(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const message = `${path}:${cause.line}:${cause.column}: not valid TOML`;
    throw invalid(message, 'look at this line; texts need quotes', cause);
  }
}

function ruleIn(table: unknown, place: number, complain: Complain): PolicyRule {
  const named = `rule ${place + 1}`;
  if (!isTable(table)) {
    throw complain(['rule', place], `${named} is no table`, 'write [[rule]] above its members');
  }
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(table)) {
    const at = ['rule', place, name];
    const kind = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (kind === undefined) {
      const known = nearest(name, Object.keys(MEMBERS));
      const message = `${named} has an unknown member ${JSON.stringify(name)}`;
      throw complain(at, message, `did you mean ${known}?`);
    }
    const read = kind.fromToml(value);
    if (read === undefined) throw complain(at, `${named}: ${name} ${kind.complaint}`, kind.hint);
    values[name] = read;
  }
  const selectors = values as Selectors;
  refuseUnfit(selectors, (name, message, hint) =>
    complain(['rule', place, name], `${named}: ${message}`, hint),
  );
  const change = changeIn(values);
  const asks = Object.values(change).some((value) => value !== undefined);
  if (asks === (values['leave'] === true)) {
    throw complain(
      ['rule', place],
      asks ? `${named} leaves keys as they are, and changes them` : `${named} asks for nothing`,
      'give it interval, offset, automatic or keyset; or leave = true, and none of these',
    );
  }
  return {
    selectors: Object.fromEntries(SELECTORS.map((name) => [name, selectors[name]])),
    change: asks ? change : null,
  };
}

function changeIn(values: Readonly<Record<string, unknown>>): PolicyChange {
  return {
    intervalSeconds: values['interval'] as number | undefined,
    offsetSeconds: values['offset'] as number | undefined,
    automatic: values['automatic'] as boolean | undefined,
    keyset: values['keyset'] === true ? true : undefined,
  };
}

type ComplainOfMember = (name: string, message: string, hint: string) => KmsError;

function refuseUnfit(selectors: Selectors, complain: ComplainOfMember): void {
  for (const name of SELECTORS) {
    if (selectors[name]?.length !== 0) continue;
    throw complain(name, `${name} names nothing, so the rule matches no key`, 'name one, or none');
  }
  for (const type of selectors.type ?? []) {
    if (ROTATABLE_TYPES.some((rotatable) => rotatable === type)) continue;
    throw complain(
      'type',
      Object.hasOwn(OBJECT_TYPES, type)
        ? `objects of type ${type} have no rotation, so the rule matches no key`
        : `${JSON.stringify(type)} is no Object Type`,
      `known are ${ROTATABLE_TYPES.join(', ')}`,
    );
  }
  for (const algorithm of selectors.algorithm ?? []) {
    if (Object.hasOwn(CRYPTOGRAPHIC_ALGORITHMS, algorithm)) continue;
    const all = Object.keys(CRYPTOGRAPHIC_ALGORITHMS);
    const inOtherCase = all.find((name) => name.toLowerCase() === algorithm.toLowerCase());
    const known = inOtherCase ?? nearest(algorithm, all);
    const message = `${JSON.stringify(algorithm)} is no Cryptographic Algorithm`;
    throw complain('algorithm', message, `did you mean ${known}?`);
  }
  for (const uid of selectors.uid ?? []) {
    if (uid !== '' && characterCount(uid) <= LONGEST_UID && !uid.startsWith('hsm::')) continue;
    throw complain(
      'uid',
      `${JSON.stringify(uid)} is no uid of a store`,
      `a uid has 1 to ${LONGEST_UID} characters, the first not hsm::`,
    );
  }
  refuseContradiction(selectors, complain);
}

function refuseContradiction({ type, algorithm }: Selectors, complain: ComplainOfMember): void {
  const types = type ?? ROTATABLE_TYPES;
  if (algorithm === undefined) return;
  if (types.some((one) => algorithm.some((other) => mayGoTogether(one, other)))) return;
  throw complain(
    'algorithm',
    `no ${types.join(' or ')} has the algorithm ${algorithm.join(' or ')}, so the rule matches no key`,
    'correct the one or the other',
  );
}

/** Certificates name no algorithm (storage format §3.8). */
function mayGoTogether(type: string, algorithm: string): boolean {
  if (type === 'Certificate') return false;
  if (SYMMETRIC_ALGORITHMS.includes(algorithm)) return type === 'SymmetricKey';
  return type !== 'SymmetricKey' || !/^(RSA|DSA|EC|Ed|ML|SLH|X25519)/.test(algorithm);
}

function refuseShadowed(rules: readonly FileRule[], complain: Complain): void {
  for (const place of rules.keys()) {
    const by = shadowedBy(rules, place);
    if (by === null) continue;
    const lines = by.map((other) => `rule ${other + 1} (line ${rules[other]?.line ?? 0})`);
    throw complain(
      ['rule', place],
      `rule ${place + 1} can never match: ${lines.join(' and ')} takes all of its keys`,
      'the first rule that matches counts: put the narrower one first, or remove it',
    );
  }
}

function listed(name: string, values: readonly string[] | undefined) {
  if (values === undefined) return [];
  return [[name, values.length === 1 ? values[0] : values] as const];
}

function membersOf(change: PolicyChange | null): Readonly<Record<string, unknown>> {
  if (change === null) return { leave: true };
  const { intervalSeconds, offsetSeconds, automatic, keyset } = change;
  return {
    ...(intervalSeconds === undefined ? {} : { interval: exactDuration(intervalSeconds) }),
    ...(offsetSeconds === undefined ? {} : { offset: exactDuration(offsetSeconds) }),
    ...(automatic === undefined ? {} : { automatic }),
    ...(keyset === undefined ? {} : { keyset }),
  };
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidArgument', message, { hint, cause });
}
