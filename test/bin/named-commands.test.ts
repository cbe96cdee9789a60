// Every command and flag that a message, a document or a page of the manual names exists in the program. Whether their
// examples run is tested by examples.test.ts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { ROOT, shownCommands, textOf } from '../support/examples.js';

/** What may follow "kms" in a sentence, apart from a verb with an s. */
const PROSE =
  /s$|^(added|also|and|as|at|but|by|can|cannot|complete|could|did|do|for|from|had|if|in|made|may|must|not|on|or|see|should|that|to|when|will|with|would)$/;
/** Written about the flags of other programs too. */
const OF_OTHERS =
  /^(src\/(store\/prepare|schedule)\/|.*-style\.ts|README|CHANGELOG|man\/kms-(notify|scheduling)\.7)/;
/** Those that oclif adds. */
const OF_ALL = ['help', 'version'];
const FLAG = /(?<![\w-])--([a-z][a-z-]*[a-z])(?![\w-])/g;
const DOCUMENTS = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

const { status, stdout } = spawnSync(process.execPath, ['bin/dev/messages.js', '--all'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
});

const texts: readonly (readonly [where: string, text: string])[] = [
  ...stdout
    .split(/^(?=src\/)/m)
    .map((entry) => [entry.split('  ')[0] ?? '', entry.replace(/^\S+ {2}/, '')] as const),
  ...DOCUMENTS.flatMap((name) =>
    [...textOf(name).matchAll(/`[^`]+`/g)].map(([code]) => [name, code] as const),
  ),
  ...readdirSync(`${ROOT}man`)
    .filter((name) => /\.\d$/.test(name))
    .map((name) => [`man/${name}`, plain(textOf(`man/${name}`))] as const),
];

/** A page of the manual without its macros, as far as commands are concerned. */
function plain(page: string): string {
  return page
    .replaceAll(
      /^\.Xr kms-([a-z-]+) 1.*$/gm,
      (_, name: string) => `kms ${name.replaceAll('-', ' ')}.`,
    )
    .replaceAll('\\-', '-')
    .replaceAll(/\bFl -/g, '--');
}

describe('what texts name', function () {
  const commands = shownCommands();
  const topics = new Set(Object.keys(commands).map((id) => id.split(':')[0]));
  const allFlags = new Set([...Object.values(commands).flatMap(flagsOf), ...OF_ALL]);

  function flagsOf({ flags }: (typeof commands)[string]): readonly string[] {
    return Object.entries(flags).flatMap(([name, { allowNo }]) =>
      allowNo === true ? [name, `no-${name}`] : [name],
    );
  }

  /** Returns what is wrong with a command and the flags after it, up to the next one or the end of the sentence. */
  function mistake(words: string, rest: string): string | null {
    const [topic = '', subcommand = ''] = words.split(/\s+/);
    if (topic === 'help') return null;
    if (!topics.has(topic)) return PROSE.test(topic) ? null : `there is no command kms ${topic}`;
    const command = commands[`${topic}:${subcommand}`] ?? commands[topic];
    const flags = [...rest.matchAll(FLAG)].map(([, flag = '']) => flag);
    if (command === undefined) return flags.length > 0 ? `kms ${words} takes no flags` : null;
    const known = new Set([...flagsOf(command), ...OF_ALL]);
    const unknown = flags.find((flag) => !known.has(flag));
    return unknown === undefined ? null : `kms ${words} has no flag --${unknown}`;
  }

  it('are commands that exist, with flags of theirs', () => {
    assert.equal(status, 0);
    const mistakes = texts.flatMap(([where, text]) =>
      [
        ...text.matchAll(/\bkms ((?:[a-z]+)(?: [a-z]+(?:-[a-z]+)*)?)((?:(?!\bkms )[^;:`"()\n])*)/g),
      ].flatMap(([, words = '', rest = '']) => {
        const found = mistake(words, rest);
        return found === null ? [] : [`${where}: ${found}`];
      }),
    );
    assert.deepEqual(mistakes, []);
  });

  it('are flags that a command has', () => {
    const unknown = texts
      .filter(([where]) => !OF_OTHERS.test(where))
      .flatMap(([where, text]) =>
        [...text.matchAll(FLAG)]
          .filter(([, flag = '']) => !allFlags.has(flag))
          .map(([flag]) => `${where}: ${flag}`),
      );
    assert.deepEqual(unknown, []);
  });
});
