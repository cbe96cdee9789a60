// Reads and writes the text of a configuration file. Writing replaces the file in one step; only its owner may read it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KmsError } from '../errors.js';
import { makeFolders } from '../files/make-folders.js';
import { READ_BY_OWNER, writeWholeFile } from '../files/write-whole-file.js';

/** Returns the text, empty if there is no file. @throws KmsError InvalidConfiguration if it cannot be read. */
export function readConfigFile(path: string): string {
  if (!existsSync(path)) return '';
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`the configuration file ${path} cannot be read`, cause);
  }
}

/**
 * Returns whether the file was written; it is not if it has this text already. Only its owner may read a new file. A
 * file that exists keeps its mode, but loses the rights of others.
 *
 * @throws KmsError InvalidConfiguration if it cannot be written.
 */
export function writeConfigFile(path: string, text: string): boolean {
  if (existsSync(path) && readConfigFile(path) === text) return false;
  try {
    makeFolders(dirname(path));
    writeWholeFile(path, text, READ_BY_OWNER);
    return true;
  } catch (cause) {
    throw invalid(`the configuration file ${path} cannot be written`, cause);
  }
}

function invalid(message: string, cause: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, {
    hint: 'check the path and its rights, then try again',
    cause,
  });
}
