// Makes the folders that lead to a file of ours. What is told where they cannot be made is the caller's business.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, each unless it is there, also if another process makes it meanwhile. Step by
 * step: asked for all at once, Node never returns where the system refuses (/proc).
 *
 * @throws Error the system's, with its code.
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
