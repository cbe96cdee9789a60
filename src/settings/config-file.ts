// Reads and writes a configuration file whole: what is written replaces it in one step, for its owner alone.
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

const OWN = 0o600;

/** Returns its text; empty if there is none. @throws KmsError InvalidConfiguration if it cannot be read. */
export function readConfigFile(path: string): string {
  if (!existsSync(path)) return '';
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`the configuration file ${path} cannot be read`, cause);
  }
}

/**
 * Returns false, and writes nothing, if the file has this text already. A new file is its owner's alone; one
 * that is there keeps its rights, but is no longer for everybody.
 *
 * @throws KmsError InvalidConfiguration if it cannot be written.
 */
export function writeConfigFile(path: string, text: string): boolean {
  if (existsSync(path) && readConfigFile(path) === text) return false;
  const there = existsSync(path);
  const target = there ? realpathSync(path) : path;
  const temporary = `${target}.${process.pid}`;
  try {
    makeFolders(dirname(target));
    writeFileSync(temporary, text, { mode: OWN, flag: 'wx' });
    if (there) chmodSync(temporary, statSync(target).mode & 0o770);
    renameSync(temporary, target);
    return true;
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw invalid(`the configuration file ${path} cannot be written`, cause);
  }
}

function invalid(message: string, cause: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, {
    hint: 'check the path and its rights, and do it again',
    cause,
  });
}
