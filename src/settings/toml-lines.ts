// On which line of a TOML text each table and member stands: smol-toml tells lines of syntax errors alone.
// The text must be valid TOML; what values are is the parser's business.

export type MemberPath = readonly (string | number)[];

/** Returns the line of a member, or that of the nearest table or member around it; 1 if there is none. */
export function lineOf(text: string, path: MemberPath): number {
  const lines = memberLines(text);
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

/** Returns the line of just this table or member, or null. */
export function exactLineOf(text: string, path: MemberPath): number | null {
  return memberLines(text).get(keyOf(path)) ?? null;
}

function keyOf(path: MemberPath): string {
  return JSON.stringify(path);
}

/** Returns the line of each table and member by its path; entries of [[…]] go by their place, from 0. */
function memberLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  const note = (path: MemberPath, line: number) => {
    for (let length = 1; length <= path.length; length += 1) {
      const key = keyOf(path.slice(0, length));
      if (!lines.has(key)) lines.set(key, line);
    }
  };
  let table: MemberPath = [];
  for (const { kind, names, line } of statements(text)) {
    if (kind === 'member') {
      note([...table, ...names], line);
      continue;
    }
    const parent = inEntries(names.slice(0, -1), counts);
    const path = [...parent, ...names.slice(-1)];
    if (kind === 'entry') {
      const place = counts.get(keyOf(path)) ?? 0;
      counts.set(keyOf(path), place + 1);
      table = [...path, place];
    } else {
      table = path;
    }
    note(table, line);
  }
  return lines;
}

/** Returns a path of names with the place of the latest entry after each that is a list of tables. */
function inEntries(names: readonly string[], counts: ReadonlyMap<string, number>): MemberPath {
  return names.reduce<MemberPath>((path, name) => {
    const longer = [...path, name];
    const count = counts.get(keyOf(longer));
    return count === undefined ? longer : [...longer, count - 1];
  }, []);
}

interface Statement {
  readonly kind: 'member' | 'table' | 'entry';
  readonly names: readonly string[];
  readonly line: number;
}

const KEY = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y;
/** A string of any of the four kinds, a comment, or any other character. */
const TOKEN = /"""(?:[^\\]|\\[^])*?"""+|'''[^]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[^]/y;

function* statements(text: string): Generator<Statement> {
  let at = 0;
  let line = 1;
  const advance = (to: number) => {
    line += text.slice(at, to).split('\n').length - 1;
    at = to;
  };
  while (at < text.length) {
    const blank = /(?:\s|#[^\n]*)*/y;
    blank.lastIndex = at;
    blank.test(text);
    advance(blank.lastIndex);
    if (at >= text.length) return;
    const brackets = /\[{0,2}/y;
    brackets.lastIndex = at;
    const opening = brackets.exec(text)?.[0].length ?? 0;
    const { names, end } = dottedKey(text, at + opening);
    const kind = (['member', 'table', 'entry'] as const)[opening] ?? 'member';
    yield { kind, names, line };
    advance(opening > 0 ? end + opening : endOfValue(text, end + 1));
  }
}

function dottedKey(text: string, from: number): { names: readonly string[]; end: number } {
  const names: string[] = [];
  let end = from;
  for (;;) {
    KEY.lastIndex = end;
    const found = KEY.exec(text);
    if (found === null) return { names, end: end + 1 };
    const [, quoted, literal, bare] = found;
    names.push(quoted === undefined ? (literal ?? bare ?? '') : unescaped(quoted));
    end = KEY.lastIndex;
    if (text[end] !== '.') return { names, end };
    end += 1;
  }
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g,
    (_, short?: string, long?: string, other?: string) => {
      const code = short ?? long;
      if (code !== undefined) return String.fromCodePoint(parseInt(code, 16));
      const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b' };
      return controls[other ?? ''] ?? other ?? '';
    },
  );
}

/** A value ends with its line, unless a bracket or a brace is open. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0] ?? '';
    if (token === '\n' && depth === 0) return at;
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    at += Math.max(token.length, 1);
  }
  return at;
}
