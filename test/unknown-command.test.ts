// A mistyped command, and the one that was probably meant.
import assert from 'node:assert/strict';
import { unknownCommand } from '../src/unknown-command.js';

const IDS = ['due:list', 'key:show', 'rotate:due', 'rotate:key'];

describe('a command that there is not', () => {
  for (const [typed, meant] of [
    ['due:lst', 'due list'],
    ['roate:due', 'rotate due'],
    ['key:shwo', 'key show'],
  ] as const) {
    it(`${typed} is answered with ${meant}`, () => {
      const error = unknownCommand(`command ${typed} not found`, IDS);
      assert.equal(error?.reason, 'InvalidArgument');
      assert.ok(error.message.includes(typed.replace(':', ' ')));
      assert.ok(error.hint?.startsWith(`did you mean kms ${meant}?`), error.hint ?? '');
    });
  }

  it('is not what another message is about', () => {
    assert.equal(unknownCommand('file not found', IDS), null);
  });
});
