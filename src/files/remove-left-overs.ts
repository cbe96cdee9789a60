// Removes temporary files that a killed process left beside what it wrote.
import { fstatSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './system-error.js';

/** As temporary-file.ts gives them. */
const TEMPORARY_NAME = /^\.kms-[0-9a-f]{16}\.tmp$/;

/** Nobody writes to a file of ours for so long without a change to it. */
const LEFT_AFTER_MS = 3_600_000;

/** What another user owns, or another process has removed, stays or is gone; whatever it is, the write goes on. */
const NOT_OURS = ['EACCES', 'EPERM', 'ENOENT', 'EROFS', 'EBUSY'];

/** Removes those of a folder that are an hour older than a file just made in it, by the clock of its file system. */
export function removeLeftOvers(folder: string, justMade: number): void {
  const before = fstatSync(justMade).mtimeMs - LEFT_AFTER_MS;
  for (const name of namesIn(folder)) {
    if (!TEMPORARY_NAME.test(name)) continue;
    const path = join(folder, name);
    passing(() => {
      const found = lstatSync(path);
      if (found.isFile() && found.mtimeMs < before) rmSync(path);
    });
  }
}

function namesIn(folder: string): readonly string[] {
  let names: readonly string[] = [];
  passing(() => {
    names = readdirSync(folder);
  });
  return names;
}

function passing(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!isSystemError(error, NOT_OURS)) throw error;
  }
}
