// A new file that a flag names and that grows piece by piece: each is on the disk before the next thing is done.
import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KmsError } from '../errors.js';
import { systemCodeOf } from './system-error.js';
import { syncFolder } from './temporary-file.js';

export interface GrowingFile {
  /** @throws KmsError InvalidArgument */
  append(text: string): void;
  close(): void;
}

/** Makes the file, for its owner alone. @throws KmsError InvalidArgument, also if there is one already. */
export function appendNamedFile(flag: string, path: string): GrowingFile {
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
  const descriptor = failing(() => openSync(path, 'wx', 0o600));
  failing(() => {
    syncFolder(dirname(path));
  });
  return {
    append: (text) => {
      failing(() => {
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      });
    },
    close: () => {
      closeSync(descriptor);
    },
  };
}
