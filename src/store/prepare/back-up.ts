// Backs an SQLite store up before it is changed. For servers dump-command.ts has the command to run.
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import { withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { errorCode } from '../connect/errors/error-code.js';

/**
 * Copies an SQLite store as it is at one moment, even if others write to it. Only its owner may read the copy.
 *
 * @throws KmsError InvalidArgument if the file exists; or why it cannot be written.
 */
export async function backUpSqlite(
  url: string,
  copy: string,
  options: ConnectOptions,
): Promise<void> {
  try {
    // SQLite writes to an empty file, but would create one that others may read.
    closeSync(openSync(copy, 'wx', 0o600));
    chmodSync(copy, 0o600);
  } catch (cause) {
    const taken = errorCode(cause) === 'EEXIST';
    throw new KmsError(
      'InvalidArgument',
      taken ? `the file ${copy} already exists` : `the copy ${copy} cannot be written`,
      { hint: 'name another file for the copy', cause },
    );
  }
  try {
    await withConnection(url, { ...options, mode: 'read' }, async ({ knex }) => {
      await knex.raw('VACUUM INTO ?', [copy]);
    });
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
}
