// Which commands a mistyped line may have meant.
import assert from 'node:assert/strict';
import { suggestCommands } from '../../src/cli/suggest-commands.js';

const COMMANDS = [
  ...['due:list', 'init', 'key:create', 'key:list', 'key:show', 'policy:clear', 'policy:set'],
  ...['policy:show', 'report', 'rotate:due', 'rotate:key'],
].map((id) => ({ id }));

describe('suggestCommands', () => {
  for (const [typed, meant] of [
    ['rotte key invoices', ['kms rotate key']],
    ['rotate keyy invoices', ['kms rotate key']],
    ['due lsit', ['kms due list']],
    ['inti', ['kms init']],
    ['keys list', ['kms key list']],
    ['policy claer', ['kms policy clear']],
    ['dues', ['kms due']],
    ['keys', ['kms key']],
    ['list', ['kms due list', 'kms key list']],
    ['list keys', ['kms key list']],
    ['key rotate invoices', ['kms rotate key']],
    ['key delete', []],
    ['rotate a\nb', ['kms rotate key UID']],
    ["rotate it's", [`kms rotate key 'it'\\''s'`]],
    ['rtoate k', ['kms rotate key k']],
    ['destroy invoices', []],
    ['x', []],
  ] as const) {
    it(`takes "kms ${JSON.stringify(typed).slice(1, -1)}" for ${meant.join(' or ') || 'none'}`, () => {
      assert.deepEqual(suggestCommands(typed.split(' '), COMMANDS), meant);
    });
  }

  it('never leads from one object to all that are due', () => {
    for (const uid of ['invoices', 'dune', 'old']) {
      const [first] = suggestCommands(['rotate', uid], COMMANDS);
      assert.equal(first, `kms rotate key ${uid}`);
    }
    assert.deepEqual(suggestCommands(['rotate', 'invoices'], COMMANDS), [
      'kms rotate key invoices',
    ]);
    assert.deepEqual(suggestCommands(['rotate', 'deu'], COMMANDS), [
      'kms rotate key deu',
      'kms rotate due',
    ]);
  });

  it('names no command that changes something for one that kms does not have', () => {
    for (const typed of ['key delete', 'key destroy', 'policy remove', 'revoke x', 'delete']) {
      const changing = /create|clear|set|rotate|init/;
      for (const name of suggestCommands(typed.split(' '), COMMANDS)) {
        assert.doesNotMatch(name, changing, typed);
      }
    }
  });
});
