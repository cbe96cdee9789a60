// Which command a line names, and what is said of one that names none.
import assert from 'node:assert/strict';
import {
  asksToCheck,
  assertNamesCommand,
  commandIn,
  oclifLine,
} from '../../src/cli/command-line.js';
import { KmsError } from '../../src/errors.js';

const COMMANDS = [
  { id: 'init', args: {}, flags: {} },
  { id: 'due:list', args: {}, flags: { check: {} } },
  { id: 'status', args: {}, flags: { check: {} } },
  { id: 'status:show', args: { id: {} }, flags: {} },
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
    ['status'],
    ['status', 'show', 'id'],
    ['status:show', 'shard 0/2'],
  ]) {
    it(`takes ${JSON.stringify(argv.join(' '))}`, () => {
      assertNamesCommand(argv, COMMANDS);
    });
  }

  it('says which subcommands a topic needs', () => {
    for (const argv of [['rotate'], ['rotate', '--json'], ['rotate', '--', '--help']]) {
      const { message, hint } = complaint(...argv);
      assert.equal(message, 'kms rotate needs a subcommand');
      assert.equal(hint, 'write kms rotate due or kms rotate key');
    }
  });

  it('says what a mistyped command may have meant, and where its help is', () => {
    for (const [argv, said] of [
      [['rotte', 'key', 'k'], 'did you mean kms rotate key? see kms --help'],
      [
        ['rotate', 'deu'],
        'did you mean kms rotate key deu or kms rotate due? see kms rotate --help',
      ],
      [['rotate-due'], 'did you mean kms rotate due? see kms --help'],
      [['due:lst'], 'did you mean kms due list? see kms due --help'],
      [['due', 'explode'], 'see kms due --help'],
      [['explode'], 'see kms --help'],
      [['explode', '--help'], 'see kms --help'],
      [
        ['rotate', 'explode', '--help'],
        'did you mean kms rotate key explode? see kms rotate --help',
      ],
    ] as const) {
      const { message, hint } = complaint(...argv);
      assert.match(message, /^there is no command "kms /);
      assert.equal(hint, said);
    }
  });

  it('says that the command comes before the flags', () => {
    assert.match(complaint('--json', 'due', 'list').message, /command must come before the flags/);
  });

  it('refuses a word that the command does not take', () => {
    const { message } = complaint('due', 'list', 'all', '--json');
    assert.equal(message, 'kms due list takes no argument, but "all" was given');
  });
});

describe('oclifLine', () => {
  for (const [typed, read] of [
    ['help', '--help'],
    ['help help', '--help'],
    ['help rotate due', 'rotate due --help'],
    ['help rotate due --json', 'rotate due --help'],
    ['help due:list', 'due list --help'],
    ['-h', '--help'],
    ['rotate due -h', 'rotate due --help'],
    ['key show -- -h', 'key show -- -h'],
    ['--version --json', 'version --json'],
    ['rotate key help', 'rotate key help'],
  ] as const) {
    it(`reads kms ${typed} as kms ${read}`, () => {
      assert.deepEqual(oclifLine(typed.split(' ')), read.split(' '));
    });
  }
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
