// What is said of flags that the parser refuses.
import assert from 'node:assert/strict';
import { flagError } from '../../src/cli/flag-errors.js';

describe('flagError', () => {
  const FLAGS = ['disarm', 'dry-run', 'no-mend', 'mended'];
  for (const [typed, hint] of [
    ['dry-rnu', 'did you mean --dry-run? see --help'],
    ['no-mended', 'did you mean --no-mend? see --help'],
    ['no-disarm', 'see --help'],
    ['bogus', 'see --help'],
  ] as const) {
    it(`says of --${typed}: ${hint}`, () => {
      assert.equal(flagError(`Nonexistent flag: --${typed}\n`, FLAGS).hint, hint);
    });
  }

  it('shows no argument that may be a database URL', () => {
    for (const typed of ['postgres://kms:hunter2@db/kms', 'kms:hunter2@db/kms']) {
      const { message } = flagError(
        `Unexpected argument: ${typed}\nSee more help with --help`,
        FLAGS,
      );
      assert.equal(message, 'Unexpected argument: ***');
    }
  });
});
