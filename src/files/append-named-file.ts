// A file that a flag names and that grows piece by piece: each is on the disk before the next thing is done.
import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KmsError } from '../errors.js';
import { isSystemError, systemCodeOf } from './system-error.js';
import { syncFolder } from './temporary-file.js';

export interface GrowingFile {
  /** @throws KmsError InvalidArgument */
  append(text: string): void;
  close(): void;
}

export interface GrowingFileOptions {
  /** `wx` refuses a file that is there already. */
  readonly flags: 'a' | 'wx';
  /** Of a file that it makes. */
  readonly mode: number;
}

/** A new file, for its owner alone. */
export const NEW_FILE: GrowingFileOptions = { flags: 'wx', mode: 0o600 };
/** A file that may be there already, which everybody may read. */
export const KEPT_FILE: GrowingFileOptions = { flags: 'a', mode: 0o644 };

/** Opens the file. @throws KmsError InvalidArgument */
export function appendNamedFile(
  flag: string,
  path: string,
  { flags, mode }: GrowingFileOptions,
): GrowingFile {
  const failing = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === null) throw error;
      const hint = code === 'EEXIST' ? { hint: 'name a file that is not there yet' } : {};
      throw new KmsError('InvalidArgument', `${flag} ${path} cannot be written (${code})`, {
        ...hint,
        cause: error,
      });
    }
  };
  const descriptor = failing(() => openSync(path, flags, mode));
  failing(() => {
    syncFolder(dirname(path));
  });
  return {
    append: (text) => {
      failing(() => {
        writeFileSync(descriptor, text);
        sync(descriptor);
      });
    },
    close: () => {
      closeSync(descriptor);
    },
  };
}

/** A pipe or a device has no disk. */
function sync(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!isSystemError(error, ['EINVAL', 'ENOTSUP', 'EROFS'])) throw error;
  }
}
