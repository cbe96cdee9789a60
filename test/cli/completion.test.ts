// What may come next on the command line.
import assert from 'node:assert/strict';
import { complete, withKeysetNames, type CommandSummary } from '../../src/cli/completion.js';

const flag = (name: string, changes: Partial<CommandSummary['flags'][number]> = {}) => ({
  name,
  takesValue: false,
  options: [],
  takesUid: false,
  ...changes,
});

const COMMANDS: readonly CommandSummary[] = [
  { id: 'init', takesUid: false, flags: [flag('yes')] },
  {
    id: 'key:create',
    takesUid: true,
    flags: [flag('wrap-with', { takesValue: true, takesUid: true }), flag('keyset')],
  },
  { id: 'key:show', takesUid: true, flags: [] },
  {
    id: 'key:list',
    takesUid: false,
    flags: [flag('type', { takesValue: true, options: ['PrivateKey', 'PublicKey'] })],
  },
];

describe('completion', () => {
  for (const [line, words, uidsFrom] of [
    ['', ['help', 'init', 'key'], null],
    ['k', ['key'], null],
    ['key ', ['create', 'list', 'show'], null],
    ['key s', ['show'], null],
    ['lock ', [], null],
    ['init ', [], null],
    ['init --', ['--help', '--yes'], null],
    ['help ke', ['key'], null],
    ['help key s', ['show'], null],
    ['help key show ', [], null],
    ['key show ', [], ''],
    ['key show inv', [], 'inv'],
    ['key create --k', ['--keyset'], null],
    ['key create --wrap-with ke', [], 'ke'],
    ['key list --type Pub', ['PublicKey'], null],
    ['key list --type', ['--type'], null],
  ] as const) {
    it(`offers what may follow "kms ${line}"`, () => {
      assert.deepEqual(complete(line.split(' '), COMMANDS), { words, uidsFrom });
    });
  }

  it('offers the first and the latest of each keyset whose members it found', () => {
    const uids = ['invoices', 'invoices@1', 'invoices@2', 'in@voice'];
    assert.deepEqual(withKeysetNames(uids, 'invoices@'), [
      'invoices@1',
      'invoices@2',
      'invoices@first',
      'invoices@latest',
    ]);
  });
});
