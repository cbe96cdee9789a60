// Which command a line names, and what is said of one that names none.
import assert from 'node:assert/strict';
import { asksToCheck, assertNamesCommand, commandIn } from '../../src/cli/command-line.js';
import { KmsError } from '../../src/errors.js';

const COMMANDS = [
  { id: 'init', args: {}, flags: {} },
  { id: 'due:list', args: {}, flags: { check: {} } },
  { id: 'rotate:due', args: {}, flags: {} },
  { id: 'rotate:key', args: { uid: {} }, flags: {} },
  { id: 'complete', args: {}, flags: {}, strict: false, hidden: true },
];

function complaint(...argv: readonly string[]): { message: string; hint: string } {
  try {
    assertNamesCommand(argv, COMMANDS);
  } catch (error) {
    assert.ok(error instanceof KmsError);
    assert.equal(error.reason, 'InvalidArgument');
    return { message: error.message, hint: error.hint ?? '' };
  }
  throw new Error(`nothing is said against ${argv.join(' ')}`);
}

describe('assertNamesCommand', () => {
  for (const argv of [
    [],
    ['--help'],
    ['rotate', '--help'],
    ['init'],
    ['init', '--yes'],
    ['due', 'list', '--json'],
    ['due:list'],
    ['rotate', 'key', 'any', 'words'],
    ['rotate', 'key', '--', '-x'],
    ['complete', 'any', 'words'],
  ]) {
    it(`takes ${JSON.stringify(argv.join(' '))}`, () => {
      assertNamesCommand(argv, COMMANDS);
    });
  }

  it('takes half a command for none, and says which it may be', () => {
    for (const argv of [['rotate'], ['rotate', '--json'], ['rotate', '--', '--help']]) {
      const { message, hint } = complaint(...argv);
      assert.equal(message, 'kms rotate is only half a command');
      assert.equal(hint, 'it may be kms rotate due, kms rotate key');
    }
  });

  it('names the nearest command to a mistyped one', () => {
    for (const [argv, meant] of [
      [['rotte', 'due'], 'kms rotate due'],
      [['rotate', 'deu', '--json'], 'kms rotate due'],
      [['rotate', 'keyy', 'uid'], 'kms rotate key'],
      [['rotate-due'], 'kms rotate due'],
      [['due:lst'], 'kms due list'],
    ] as const) {
      const { message, hint } = complaint(...argv);
      assert.match(message, /^there is no command "kms /);
      assert.ok(hint.startsWith(`did you mean ${meant}?`), hint);
    }
  });

  it('says that the command comes before the flags', () => {
    assert.match(complaint('--json', 'due', 'list').message, /no command .* before the flags/);
  });

  it('refuses a word that the command does not take', () => {
    const { message } = complaint('due', 'list', 'all', '--json');
    assert.equal(message, 'kms due list takes no argument, and "all" is one');
  });
});

describe('asksToCheck', () => {
  const asks = (...argv: readonly string[]) => asksToCheck(argv, commandIn(argv, COMMANDS)?.flags);

  it('is true of a command that has --check alone', () => {
    assert.equal(asks('due', 'list', '--check'), true);
    assert.equal(asks('due', 'list'), false);
    assert.equal(asks('rotate', 'due', '--check'), false);
    assert.equal(asks('nothing', '--check'), false);
  });

  it('takes what stands behind -- for an argument', () => {
    assert.equal(asks('due', 'list', '--', '--check'), false);
  });
});
