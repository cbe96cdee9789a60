// README.md and its companions against the program: the commands and flags that they name exist, README.md is short
// and lists every command, and the configuration files of the manual are accepted. Examples are run by
// examples.test.ts; links are followed by links.test.ts.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { homeFor, moved, runLine } from '../support/example-homes.js';
import { freshPair } from '../support/fresh-keys.js';
import { manualLiterals, shownCommands, textOf } from '../support/examples.js';

const MOST_LINES = 220;

const commands = shownCommands();

describe('README.md', () => {
  it(`has at most ${MOST_LINES} lines`, () => {
    assert.ok(textOf('README.md').trimEnd().split('\n').length <= MOST_LINES);
  });

  it('lists every command in its table, and nothing else', () => {
    const rows = textOf('README.md').match(/^\| `kms .*$/gm) ?? [];
    const listed = rows.flatMap((row) => idsIn(row.split(' | ')[0] ?? ''));
    assert.deepEqual([...new Set(listed)].sort(), Object.keys(commands).sort());
  });

  it('shows the two commands of a newcomer', () => {
    for (const line of ['npm ci && npm run demo', 'npm ci && npm test']) {
      assert.match(textOf('README.md'), new RegExp(`^${line}`, 'm'));
    }
  });
});

for (const path of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']) {
  describe(`the commands that ${path} names`, () => {
    const spans = [...textOf(path).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
    const topics = new Set(Object.keys(commands).map((id) => id.split(':')[0]));

    it('exist', () => {
      const named = spans.filter(
        (text) => /^kms (?!help )[a-z]/.test(text) && !topics.has(text.slice(4)),
      );
      assert.deepEqual(
        named.filter((text) => commandIn(text) === null),
        [],
      );
    });

    it('take the flags that are shown', () => {
      const everyFlag = ['help', 'version', ...Object.keys(commands).flatMap(flagsOf)];
      for (const text of spans) {
        const id = commandIn(text);
        for (const flag of longFlags(text)) {
          const known = id === null ? everyFlag : [...flagsOf(id), 'help'];
          assert.ok(known.includes(flag) || isForeign(text), text);
        }
      }
    });
  });
}

describe('the configuration files of the manual', () => {
  const files = manualLiterals().filter(
    (text) => text.startsWith('[') && !text.startsWith('[[rule]]'),
  );

  it('are there', () => {
    assert.ok(files.length >= 6, `${files.length}`);
  });

  for (const text of files) {
    it(`are accepted: ${text.split('\n').slice(0, 2).join(' ')} …`, async () => {
      const home = await homeFor({ lines: [] });
      const own = moved(text, home);
      for (const [, kind, path] of own.matchAll(/(url|signing_key)?(?:_file = )?"([^"]+)"/g)) {
        if (path?.startsWith(`${home}/`) !== true) continue;
        secretFile(path, kind === 'url');
        if (kind === 'signing_key') writeFileSync(path, SIGNING_KEY);
      }
      const variables = [...own.matchAll(/KMS_[A-Z_]+_FILE/g)].map(([variable]) => {
        secretFile(join(home, variable), variable === 'KMS_NOTIFY_HEARTBEAT_URL_FILE');
        return `${variable}=${join(home, variable)} `;
      });
      writeFileSync(join(home, 'kms.toml'), own, { mode: 0o600 });
      const { status, shown } = await runLine(home, `${variables.join('')}kms config check`);
      assert.equal(status, 0, shown);
    });
  }
});

const SIGNING_KEY = freshPair('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });

function secretFile(path: string, isUrl: boolean): void {
  const secret = isUrl
    ? 'https://chat.example.org/hook'
    : 'whsec_c2VjcmV0IG9mIGEgdGVzdCBmb3IgcmVhZGVycw==';
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${secret}\n`, { mode: 0o700 });
}

function flagsOf(id: string): readonly string[] {
  return Object.entries(commands[id]?.flags ?? {}).flatMap(([name, { allowNo = false }]) =>
    allowNo ? [name, `no-${name}`] : [name],
  );
}

/** Returns the id of the command that a text begins with; of a topic with several, the first. */
function commandIn(text: string): string | null {
  const words = /^kms ((?:[a-z][a-z-]* ?)+)/.exec(text)?.[1]?.trim().split(' ') ?? [];
  const ids = [words.slice(0, 2).join(':'), words[0] ?? ''];
  return ids.find((id) => commands[id] !== undefined) ?? null;
}

/** Returns the ids in the first cell of a row: `kms notify test`, `list`, `retry`. */
function idsIn(cell: string): readonly string[] {
  const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  const topic = /^kms ([a-z]+)/.exec(names[0] ?? '')?.[1] ?? '';
  return names.map((name) => commandIn(name) ?? `${topic}:${name}`);
}

function longFlags(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, flag]) => flag!);
}

/** Commands of others, with flags of their own. */
function isForeign(text: string): boolean {
  return /^(npm|curl|openssl) /.test(text);
}
