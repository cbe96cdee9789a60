// README.md against the program: its configuration files are accepted, and the commands and flags that it names
// are there. Its examples are run by examples.test.ts.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeFor, moved, runLine } from '../support/example-homes.js';
import { manualSection, readmeBlocks, ROOT, shownCommands, textOf } from '../support/examples.js';
import { schemaNames } from '../support/schema.js';

describe('the configuration files of README.md and the manual', () => {
  const inManual = /\.Bd -literal.*\n([^]*?)\.Ed/.exec(
    manualSection(textOf('man/kms.toml.5'), 'EXAMPLES'),
  )?.[1];
  for (const text of [
    ...readmeBlocks('toml').filter((block) => !block.includes('[[rule]]')),
    inManual ?? '',
  ]) {
    it(`are sound: ${text.split('\n').slice(0, 2).join(' ')} …`, async () => {
      const home = await homeFor({ lines: [] });
      const named = [...text.matchAll(/"(\/[\w./-]+)"/g)].map(([, path]) => path!);
      for (const path of named) {
        const file = moved(path, home);
        mkdirSync(join(file, '..'), { recursive: true });
        writeFileSync(file, 'whsec_c2VjcmV0IG9mIGEgdGVzdCBmb3IgcmVhZGVycw==\n', { mode: 0o700 });
      }
      writeFileSync(join(home, 'kms.toml'), moved(text, home), { mode: 0o600 });
      const { status, shown } = await runLine(home, 'kms config check');
      assert.equal(status, 0, shown);
    });
  }
});

describe('the links of README.md', () => {
  const links = [...textOf('README.md').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

  it('lead to headings that are there', () => {
    const headings = [...textOf('README.md').matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      anchorOf(text!),
    );
    const anchors = links.filter((link) => link.startsWith('#')).map((link) => link.slice(1));
    assert.deepEqual(
      anchors.filter((anchor) => !headings.includes(anchor)),
      [],
    );
  });

  it('lead to files that are there', () => {
    const paths = links.filter((link) => !/^(#|https:)/.test(link));
    assert.deepEqual(
      paths.filter((path) => !existsSync(`${ROOT}${path}`)),
      [],
    );
  });

  /** As GitHub makes them. */
  function anchorOf(heading: string): string {
    return heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  }
});

describe('the JSON schemas that README.md names', () => {
  it('are those that there are', () => {
    const [, section = ''] = textOf('README.md').split(/^## JSON$/m);
    const named = [...(section.split('\n```')[0] ?? '').matchAll(/`kms\.([a-z-]+)\/v1`/g)];
    assert.deepEqual(named.map(([, name]) => name).sort(), [...schemaNames()].sort());
  });
});

describe('the commands that README.md names', () => {
  const commands = shownCommands();
  const flagsOf = (id: string) => Object.keys(commands[id]?.flags ?? {});
  const everyFlag = ['help', 'version', ...Object.keys(commands).flatMap(flagsOf)];
  const topics = new Set(Object.keys(commands).map((id) => id.split(':')[0]));
  const spans = [...textOf('README.md').matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);

  it('are there', () => {
    const named = spans.filter((text) => /^kms [a-z]/.test(text) && !topics.has(text.slice(4)));
    assert.deepEqual(
      named.filter((text) => commandIn(text) === null),
      [],
    );
  });

  it('take the flags that are shown with them', () => {
    for (const text of spans) {
      const id = commandIn(text);
      for (const flag of longFlags(text)) {
        const known = id === null ? everyFlag : [...flagsOf(id), 'help'];
        assert.ok(known.includes(flag) || isForeign(text), text);
      }
    }
  });

  it('take the flags that the table of commands lists, and the table lists every command', () => {
    const rows = textOf('README.md').match(/^\| `kms .*$/gm) ?? [];
    const listed = rows.flatMap((row) => {
      const [, names = '', does = ''] = row.split('|');
      const ids = idsIn(names);
      const flags = ids.flatMap(flagsOf);
      for (const flag of longFlags(does)) assert.ok(flags.includes(flag), `${names}: --${flag}`);
      return ids;
    });
    assert.deepEqual([...new Set(listed)].sort(), Object.keys(commands).sort());
  });

  /** Returns the id of the command that a text begins with; of a topic with several, the first. */
  function commandIn(text: string): string | null {
    const words = /^kms ((?:[a-z]+ ?)+)/.exec(text)?.[1]?.trim().split(' ') ?? [];
    const ids = [words.slice(0, 2).join(':'), words[0] ?? ''];
    return ids.find((id) => commands[id] !== undefined) ?? null;
  }

  /** Returns the ids in the first cell of a row: `kms notify test`, `list`, `retry`. */
  function idsIn(cell: string): readonly string[] {
    const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const topic = /^kms ([a-z]+) /.exec(names[0] ?? '')?.[1] ?? '';
    return names.flatMap((name) => {
      const id = commandIn(name) ?? `${topic}:${name.split(' ')[0] ?? ''}`;
      if (name.includes('--version') || commands[id] === undefined) return [];
      return [id];
    });
  }
});

function longFlags(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, flag]) => flag!);
}

/** Commands of others, and a flag of the server's. */
function isForeign(text: string): boolean {
  return /^(npm|curl|openssl) |^--unwrapped-cache-max-ttl$/.test(text);
}
