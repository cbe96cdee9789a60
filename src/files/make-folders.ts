// Makes the folders that lead to a file. The caller turns a failure into a message.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and its parents, unless they exist; another process may make them at the same time. One folder at a
 * time, because Node's recursive mkdir never returns where the system refuses (/proc).
 *
 * @throws Error from the system, with its code.
 */
export function makeFolders(path: string, mode?: number): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}
