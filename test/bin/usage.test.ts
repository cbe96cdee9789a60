// Wrong flags, arguments and configuration: exit code 2, and with --json a document kms.error/v1 on
// standard output (design §5, §6).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../src/errors.js';
import { runBinary, runOn } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { newStorePath } from '../support/sqlite.js';
import { temporaryFolder } from '../support/temporary.js';

const WRONG: readonly (readonly [what: string, argv: readonly string[], says: RegExp])[] = [
  ['an unknown flag', ['due', 'list', '--bogus'], /--bogus/],
  ['a duration that is none', ['due', 'list', '--within', '3 days'], /"3 days" is not a duration/],
  ['a negative duration', ['rotate', 'due', '--max-duration=-1s'], /"-1s" is not a duration/],
  ['--max-keys 0', ['rotate', 'due', '--max-keys', '0'], /"0" is not a whole number of 1 or more/],
  ['--max-keys that is no number', ['rotate', 'due', '--max-keys', '1e3'], /"1e3"/],
  [
    '--batch 0',
    ['rotate', 'due', '--batch', '0'],
    /--batch: "0" is not a whole number of 1 or more/,
  ],
  ['--concurrency 0', ['rotate', 'due', '--concurrency', '0'], /--concurrency: "0"/],
  ['a negative --concurrency', ['rotate', 'due', '--concurrency=-1'], /"-1" is not a whole number/],
  [
    'a shard beyond the last',
    ['rotate', 'due', '--shard', '3/3'],
    /--shard: "3\/3" is not a shard/,
  ],
  ['a shard that is none', ['rotate', 'due', '--shard', 'a/b'], /"a\/b" is not a shard/],
  ['an Object Type that KMIP does not know', ['key', 'list', '--type', 'Secret'], /--type/],
  // A filter that nothing passes would look like nothing being due.
  ['an empty owner to look for', ['rotate', 'due', '--owner', ''], /--owner: it is empty/],
  ['an empty tag to look for', ['due', 'list', '--tag='], /--tag: it is empty/],
  ['an empty owner of a key', ['key', 'create', 'k', '--owner', ''], /--owner: it is empty/],
  ['an empty Name of a key', ['key', 'create', 'k', '--name', ''], /--name: it is empty/],
  ['--offset without --interval', ['key', 'create', 'k', '--offset', '1d'], /--interval/],
  ['a key length that is none', ['key', 'create', 'k', '--length', '100'], /100 bits/],
  ['a time that is none', ['key', 'create', 'k', '--initial-date', 'soon'], /"soon" is not a time/],
  ['a missing argument', ['key', 'show'], /uid/],
  ['an argument too many', ['due', 'list', 'everything'], /everything/],
  ['a flag without its value', ['due', 'list', '--owner'], /--owner/],
  ['an unknown command', ['key', 'explode'], /key.explode/],
  ['an unknown topic', ['explode'], /explode/],
  ['a topic alone', ['rotate'], /needs a subcommand/],
  ['flags before the command', ['--quiet', 'rotate', 'due'], /before the flags/],
  ['--check where nothing is checked', ['rotate', 'due', '--check'], /--check/],
  ['an empty database URL', ['due', 'list', '--database-url', ''], /--database-url.*empty/],
  ['a database URL without a file', ['init', '--yes', '--database-url', 'sqlite:'], /no file/],
  ['init without --yes', ['init'], /would change/],
  ['a database that is not supported', ['due', 'list', '--database-url', 'oracle://x'], /oracle/],
  [
    'a configuration file that is not there',
    ['due', 'list', '--config', 'none.toml'],
    /none\.toml/,
  ],
];

describe('exit code 2: what the caller got wrong', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
  });

  for (const [what, argv, says] of WRONG) {
    it(`answers ${what} with an error and a hint on standard error`, async () => {
      const { code, stdout, stderr } = await runOn(store, argv);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, says);
      assert.match(stderr, /^error: .*\nhint: .*\n$/);
      assert.doesNotMatch(stderr, /^\s+at /m, 'a stack trace');
    });

    it(`answers ${what} with a document under --json`, async () => {
      const { code, stdout, stderr } = await runOn(store, [...argv, '--json']);
      assert.equal(code, 2);
      assert.equal(stderr, '');
      const error = errorOf(stdout);
      assert.match(error.message, says);
      assert.match(error.reason, /^Invalid(Argument|Configuration)$/);
      assert.ok((error.hint ?? '').length > 0, 'no hint');
    });
  }

  it('names the nearest flag to a mistyped one', async () => {
    for (const [typed, meant] of [
      ['--max-kyes', '--max-keys'],
      ['--datbase-url', '--database-url'],
    ] as const) {
      const { code, stderr } = await runOn(store, ['rotate', 'due', typed, '1']);
      assert.equal(code, 2);
      assert.ok(stderr.endsWith(`hint: did you mean ${meant}? see --help\n`), stderr);
    }
  });

  it('shows help however it is asked for', async () => {
    const help = await runBinary(['rotate', 'due', '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^rotate every key whose deadline has passed\n/);
    for (const argv of [
      ['help', 'rotate', 'due'],
      ['rotate', 'due', '-h'],
    ]) {
      assert.deepEqual(await runBinary(argv), help);
    }
    const root = await runBinary(['--help']);
    for (const argv of [[], ['help'], ['-h']]) assert.deepEqual(await runBinary(argv), root);
  });

  it('names no flag where none is near', async () => {
    const { code, stderr } = await runOn(store, ['rotate', 'due', '--bogus']);
    assert.equal(code, 2);
    assert.ok(stderr.endsWith('hint: see --help\n'), stderr);
  });

  it('refuses --check together with what it would not print', async () => {
    for (const other of [['--within', '3d'], ['--explain'], ['--json']]) {
      const { code, stdout, stderr } = await runOn(store, ['due', 'list', '--check', ...other]);
      assert.deepEqual({ code, stdout, stderr }, { code: 255, stdout: '', stderr: '' });
    }
  });

  it('names the unknown setting of a configuration file and the nearest known one', async () => {
    const file = join(temporaryFolder(), 'kms.toml');
    writeFileSync(file, '[database]\nulr = "x"\n');
    const { code, stdout } = await runBinary(['due', 'list', '--json', '--config', file]);
    assert.equal(code, 2);
    const error = errorOf(stdout);
    assert.equal(error.reason, 'InvalidConfiguration');
    assert.match(error.message, /"database\.ulr"/);
    assert.match(error.hint ?? '', /database\.url/);
  });

  it('finds kms.toml in the current folder', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'kms.toml'), `[database]\nurl = "sqlite:${store}"\n`);
    const { code, stdout } = await runBinary(['due', 'list', '--json'], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /"count": 0/);
  });

  it('has one exit code for each row of the table that help and manual print', () => {
    const codes = EXIT_CODES.map(({ code }) => code);
    assert.deepEqual(codes, [0, 1, 2, 3, 4, 5, 6, 130, 143]);
  });
});
