// Backs an SQLite store up before it is changed. For servers dump-command.ts has the command to run.
import { existsSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import { systemCodeOf } from '../../files/system-error.js';
import { makeWholeFile } from '../../files/write-whole-file.js';
import { withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';

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
  if (existsSync(copy)) throw cannotCopy(`the file ${copy} already exists`);
  try {
    await makeWholeFile(copy, (path) => vacuumInto(url, path, options));
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === null) throw cause;
    throw cannotCopy(`the copy ${copy} cannot be written (${code})`, cause);
  }
}

function cannotCopy(message: string, cause?: unknown): KmsError {
  const hint = 'name another file for the copy';
  return new KmsError('InvalidArgument', message, { hint, cause });
}

async function vacuumInto(url: string, path: string, options: ConnectOptions): Promise<void> {
  await withConnection(url, { ...options, mode: 'read' }, async ({ knex }) => {
    await knex.raw('VACUUM INTO ?', [path]);
  });
}
