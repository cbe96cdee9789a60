// Reads and writes the text of a configuration file. Writing replaces the file in one step; only its owner may read it.
import {
  chmodSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KmsError } from '../errors.js';
import { makeFolders } from '../files/make-folders.js';

const OWNER_ONLY = 0o600;

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
  const exists = existsSync(path);
  const target = exists ? realpathSync(path) : path;
  const temporary = `${target}.${process.pid}`;
  try {
    makeFolders(dirname(target));
    writeFileSync(temporary, text, { mode: OWNER_ONLY, flag: 'wx' });
    if (exists) chmodSync(temporary, statSync(target).mode & 0o770);
    renameSync(temporary, target);
    return true;
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw invalid(`the configuration file ${path} cannot be written`, cause);
  }
}

function invalid(message: string, cause: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, {
    hint: 'check the path and its rights, then try again',
    cause,
  });
}
