// Homes for the examples of README.md and the manual: everything that an example names, and a `kms` on the path that
// writes down its exit codes. Lines in which a shell has nothing to do go without one.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_JS, runBinary } from './binary.js';
import { manualLiterals, type Examples } from './examples.js';
import { temporaryFolder } from './temporary.js';

/** What examples name: made by these lines, unless an example makes it itself. */
const NAMED: readonly {
  readonly by: RegExp;
  readonly unless?: RegExp;
  readonly made: readonly string[];
}[] = [
  { by: /^/, unless: /kms init/, made: ['kms init --yes'] },
  {
    by: /\binvoices\b/,
    unless: /create invoices/,
    made: [
      'kms key create invoices --keyset --interval 90d --tag env:prod --initial-date 2025-01-01',
      'kms rotate key invoices',
    ],
  },
  {
    by: /\bsigning\b/,
    unless: /create signing/,
    made: ['kms key create signing --type ec --curve P384 --interval 1y --keyset'],
  },
  {
    by: /\blegacy\b|apply policies\.toml/,
    made: ['kms key create legacy --interval 1y', 'kms key create root-kek'],
  },
  {
    by: /\bkek-eu\b/,
    made: [
      'kms key create kek-eu --keyset --interval 90d',
      'kms key create dek --wrap-with kek-eu',
      'kms rotate key kek-eu',
    ],
  },
  {
    by: /--(issuer|bundle) root\b/,
    unless: /create root/,
    made: ["kms certificate create root --subject 'CN=Example Root' --authority --validity 10y"],
  },
  {
    by: /\bwww\b/,
    unless: /create www/,
    made: ['kms certificate create www --subject CN=www.example.org'],
  },
  { by: /6f0d4c1e/, made: ['kms key create 6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01 --interval 30d'] },
  { by: /[ :]kms\.db/, made: ['kms init --yes --database-url sqlite:kms.db'] },
  {
    by: /heads\.txt/,
    made: [
      'kms key create logged --interval 90d --initial-date 2025-01-01',
      'kms rotate key logged',
      'kms audit heads > heads.txt',
    ],
  },
  {
    by: /\/var\/lib\/kms\/kms\.db --copy/,
    made: [
      'kms init --yes --database-url sqlite:/var/lib/kms/kms.db',
      'kms key create due --interval 90d --initial-date 2025-01-01 --database-url sqlite:/var/lib/kms/kms.db',
    ],
  },
  {
    by: /\/var\/lib\/kms\/kms\.db/,
    unless: /init.*\/var\/lib\/kms\/kms\.db/,
    made: ['kms init --yes --database-url sqlite:/var/lib/kms/kms.db'],
  },
];

/** Files that examples name, and what is in them. */
const FILES: readonly { readonly by: RegExp; readonly path: string; text: () => string }[] = [
  { by: /\/etc\/kms\/kms\.toml/, path: 'etc/kms/kms.toml', text: () => '' },
  { by: /policies\.toml/, path: 'policies.toml', text: () => rules() },
  { by: /notify test/, path: 'kms.toml', text: () => '[hooks]\non_rotated = "/bin/true"\n' },
];

/** What came of a line: the exit code of each `kms` in it, of all of it, and what was to be seen. */
export interface RanLine {
  readonly codes: readonly number[];
  readonly status: number | null;
  readonly shown: string;
}

/** Returns what no example of a text names any more. */
export function neverNamedIn(text: string): readonly string[] {
  return [...NAMED, ...FILES].filter(({ by }) => !by.test(text)).map(({ by }) => by.source);
}

/** Makes a home with what a set of examples names in it. */
export async function homeFor({ lines }: Pick<Examples, 'lines'>): Promise<string> {
  const text = lines.join('\n');
  const made = NAMED.filter(({ by, unless }) => by.test(text) && unless?.test(text) !== true);
  const home = copyOf(await homeWith(made.flatMap((named) => named.made)));
  for (const { by, path, text: content } of FILES) {
    if (!by.test(text)) continue;
    mkdirSync(join(home, path, '..'), { recursive: true });
    writeFileSync(join(home, path), content(), { mode: 0o600 });
  }
  return home;
}

const homes = new Map<string, string>();

/** A home in which these lines were run; made once for all that need the same, or begin with them. */
async function homeWith(lines: readonly string[]): Promise<string> {
  const key = lines.join('\n');
  const known = homes.get(key);
  if (known !== undefined) return known;
  const last = lines.at(-1);
  const home = last === undefined ? emptyHome() : copyOf(await homeWith(lines.slice(0, -1)));
  if (last !== undefined) {
    const { status, shown } = await runLine(home, last);
    if (status !== 0) throw new Error(shown);
  }
  homes.set(key, home);
  return home;
}

function copyOf(home: string): string {
  const copy = temporaryFolder();
  cpSync(home, copy, { recursive: true });
  return copy;
}

function emptyHome(): string {
  const home = temporaryFolder();
  for (const folder of [
    'bin',
    'etc/kms',
    'etc/systemd/system',
    'var/lib/kms',
    'var/lib/node_exporter',
  ]) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  const program = `#!/bin/sh
"${process.execPath}" "${RUN_JS}" "$@"
code=$?
echo "$code" >> "$HOME/codes"
exit "$code"
`;
  writeFileSync(join(home, 'bin/kms'), program);
  chmodSync(join(home, 'bin/kms'), 0o755);
  return home;
}

/** Runs a line of a shell, or the command of one of a crontab, in a home. */
export async function runLine(home: string, line: string): Promise<RanLine> {
  const command = moved(line.replace(/^(?:\S+ ){4}\* /, ''), home);
  const env = {
    PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: home,
  };
  const shell = (text: string, input = '') =>
    spawnSync('/bin/bash', ['-o', 'pipefail', '-c', text], {
      ...{ cwd: home, encoding: 'utf8', input },
      env: { ...env, JOB_COMPLETION_INDEX: '1' },
    });
  const [, first = command, rest] = /^([^|>]*\w) ([|>](?!\||.*\bkms ).*)$/.exec(command) ?? [];
  const words = wordsOf(first);
  if (words?.[0] === 'kms') {
    const { code, stdout, stderr } = await runBinary(words.slice(1), { cwd: home, env });
    const end = rest === undefined ? { status: code, stdout } : shell(`cat ${rest}`, stdout);
    return { codes: [code ?? -1], status: end.status, shown: `${command}\n${end.stdout}${stderr}` };
  }
  const codes = join(home, 'codes');
  writeFileSync(codes, '');
  const { status, stdout, stderr } = shell(command);
  return {
    codes: readFileSync(codes, 'utf8').split('\n').filter(Boolean).map(Number),
    status,
    shown: `${command}\n${stdout}${stderr}`,
  };
}

/** Returns the words of a line that means nothing but them to a shell; else null. */
function wordsOf(line: string): readonly string[] | null {
  const word = /(?:'[^']*'|"[^"$`\\!]*"|[\w@%+=:,./-])+/g;
  if (line.replaceAll(word, '').trim() !== '') return null;
  const bare = (quoted: string) => quoted.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2');
  return line.match(word)?.map(bare) ?? null;
}

/** Returns a text in which the files of examples are below a home, so that nothing is written outside it. */
export function moved(text: string, home: string): string {
  return text.replaceAll(/(?<![\w.])\/(etc|run|var)\//g, `${home}/$1/`);
}

/** The policy file that kms-policy-apply(1) shows. */
function rules(): string {
  return manualLiterals().find((text) => text.startsWith('[[rule]]')) ?? '';
}
