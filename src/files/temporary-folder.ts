// Where what does not fit into memory goes, for a while: the folder that SQLite takes too.
import { accessSync, constants } from 'node:fs';

/** Where SQLite puts what does not fit into its memory, such as a long sort. */
const TEMPORARY_FOLDERS = ['/var/tmp', '/usr/tmp', '/tmp', '.'];

/** Returns the first folder that may be written to; null if there is none. */
export function temporaryFolderIn(
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const named = [env['SQLITE_TMPDIR'], env['TMPDIR']].filter((path) => path !== undefined);
  return [...named, ...TEMPORARY_FOLDERS].find(mayWrite) ?? null;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
