// How an error reaches the user: its exit code, the document of --json, and words or a log on standard error.
import assert from 'node:assert/strict';
import { reportError } from '../../src/cli/report-error.js';
import { KmsError } from '../../src/errors.js';

const ERROR = new KmsError('StoreNotFound', 'there is no store', { hint: 'kms init' });

/** Reports an error, and returns the exit code and what was printed. */
async function report(isJson: boolean, isCheck = false, isWritten = true) {
  const saved = process.exitCode;
  const printed: unknown[] = [];
  try {
    await reportError(ERROR, {
      isCheck,
      printer: {
        isJson: () => isJson,
        printDocument: (document) => {
          printed.push(document);
          return Promise.resolve(isWritten);
        },
        printError: (error, isInDocument) => printed.push(error, isInDocument),
      },
    });
    return { exitCode: process.exitCode, printed };
  } finally {
    process.exitCode = saved;
  }
}

describe('reporting an error', () => {
  it('sets the exit code of its reason, and prints it', async () => {
    assert.deepEqual(await report(false), { exitCode: 3, printed: [ERROR, false] });
  });

  it('prints the document kms.error/v1 under --json, and leaves the rest to the printer', async () => {
    const { exitCode, printed } = await report(true);
    const error = { reason: 'StoreNotFound', message: 'there is no store', hint: 'kms init' };
    assert.equal(exitCode, 3);
    assert.deepEqual(printed, [{ schema: 'kms.error/v1', error }, ERROR, true]);
  });

  it('prints it in words where the document cannot be written', async () => {
    const { printed } = await report(true, false, false);
    assert.deepEqual(printed.slice(1), [ERROR, false]);
  });

  it('prints nothing under --check, and sets 255', async () => {
    assert.deepEqual(await report(false, true), { exitCode: 255, printed: [] });
  });
});
