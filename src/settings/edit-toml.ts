// Writes settings into the text of a kms.toml: a new one with a comment on each, or one that is there, of which
// everything else stays as it is, comments too.
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'smol-toml';
import { KmsError } from '../errors.js';
import { settingOf, type SettingName } from './settings.js';
import { exactLineOf } from './toml-lines.js';

const HEAD =
  '# Configuration of kms: what each setting means, kms.toml(5) tells; what is in force, kms config show.\n';

/** Returns the text with these settings; an empty text is a new file. */
export function withSettings(text: string, settings: ReadonlyMap<SettingName, unknown>): string {
  let written = text === '' ? HEAD : text;
  for (const [name, value] of settings) written = withSetting(written, name, value);
  return written;
}

/** @throws KmsError InvalidConfiguration if the text is written in a way that this does not know. */
function withSetting(text: string, name: SettingName, value: unknown): string {
  const path = name.split('.');
  if (isDeepStrictEqual(valueIn(parse(text), path), value)) return text;
  const lines = text.split('\n');
  const line = exactLineOf(text, path);
  const edited =
    line === null
      ? inserted(lines, text, name, value)
      : lines.with(line - 1, replaced(lines[line - 1] ?? '', value));
  const written = edited.join('\n');
  if (!isRight(text, written, path, value)) throw mustBeEdited(name, value);
  return written;
}

/** Of a value on one line; a comment behind it stays. */
function replaced(line: string, value: unknown): string {
  const [, before, , after = ''] =
    /^([^=]*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^\s#"'[{]+)(\s*(?:#.*)?)$/.exec(line) ?? [];
  return before === undefined ? line : `${before}${tomlOf(value)}${after}`;
}

function inserted(
  lines: readonly string[],
  text: string,
  name: SettingName,
  value: unknown,
): readonly string[] {
  const path = name.split('.');
  const table = path.slice(0, -1);
  const own = [`# ${settingOf(name).about}`, `${path.at(-1) ?? name} = ${tomlOf(value)}`];
  const line = exactLineOf(text, table);
  // [a.b] alone makes a table a, which has no line of its own.
  const isHeader = (lines[(line ?? 0) - 1] ?? '')
    .replace(/\s/g, '')
    .startsWith(`[${table.join('.')}]`);
  if (line !== null && isHeader) return lines.toSpliced(line, 0, ...own);
  const body = text.endsWith('\n') ? lines.slice(0, -1) : lines;
  return [...body, '', `[${table.join('.')}]`, ...own, ''];
}

/** Says whether just this setting has changed, and nothing else. */
function isRight(before: string, after: string, path: readonly string[], value: unknown): boolean {
  try {
    const expected = structuredClone(parse(before)) as Record<string, unknown>;
    let table = expected;
    for (const key of path.slice(0, -1)) {
      table = (table[key] ??= {}) as Record<string, unknown>;
    }
    table[path.at(-1) ?? ''] = value;
    return isDeepStrictEqual(plain(parse(after)), plain(expected));
  } catch {
    // No TOML any more, or a member where a table should be.
    return false;
  }
}

/** The parser's tables have no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function valueIn(table: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | undefined)?.[key],
    table,
  );
}

function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, inner]) => `${key} = ${tomlOf(inner)}`);
    return `{ ${members.join(', ')} }`;
  }
  return stringify({ value }).slice('value = '.length).trimEnd();
}

function mustBeEdited(name: string, value: unknown): KmsError {
  return new KmsError('InvalidConfiguration', `the file cannot be given ${name} without harm`, {
    hint: `write ${name} = ${tomlOf(value)} into it by hand, or name another file`,
  });
}
