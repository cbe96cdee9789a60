// Words of commands that are pasted into a shell.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { shellWord, uidArgument } from '../../src/text/shell-word.js';

const UIDS = [
  'invoices',
  'a b',
  "it's",
  '$(id)',
  '`id`',
  'a;b',
  '"x"',
  '\\',
  '*',
  '~',
  'ключ 😀',
  '#x',
  '',
];

describe('a word for the shell', () => {
  for (const uid of UIDS) {
    it(`is taken literally: ${JSON.stringify(uid)}`, () => {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(uid)}`], {
        encoding: 'utf8',
      });
      assert.equal(stdout, uid);
    });
  }

  for (const [uid, argument] of [
    ['invoices@1', 'invoices@1'],
    ['a b', "'a b'"],
    ['-x', '-- -x'],
    ['- x', "-- '- x'"],
    ['a\nb', 'UID'],
    ['a\u202eb', 'UID'],
  ] as const) {
    it(`names the key ${JSON.stringify(uid)} as ${argument} at the end of a command`, () => {
      assert.equal(uidArgument(uid), argument);
    });
  }
});
