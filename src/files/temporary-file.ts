// Makes a file beside another, to be put in that one's place once it is complete and on the disk.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { removeLeftOvers } from './remove-left-overs.js';
import { isSystemError } from './system-error.js';

/** Who may read and write a file. */
export interface FileRights {
  /** The mode of a new file. */
  readonly mode: number;
  /** The bits of its mode that a file keeps when it is replaced. */
  readonly kept: number;
}

export interface TemporaryFile {
  readonly path: string;
  readonly descriptor: number;
  /** Puts the file in the place of the target. */
  replace(): void;
  /** Puts the file where nothing is yet. @throws Error EEXIST */
  take(): void;
  /** Closes the file, and removes it unless it was put in place. */
  end(): void;
}

/** Makes an empty file beside the target, with the rights of what it will replace. @throws Error from the system. */
export function temporaryFile(
  target: string,
  rights: FileRights,
  replaced: Stats | null,
): TemporaryFile {
  const folder = dirname(target);
  // Its name does not grow with the target's, which may be as long as the system takes.
  const path = join(folder, `.kms-${randomBytes(8).toString('hex')}.tmp`);
  const descriptor = openSync(path, 'wx', 0o600);
  const place = (put: () => void) => {
    fsyncSync(descriptor);
    put();
    syncFolder(folder);
  };
  const file: TemporaryFile = {
    path,
    descriptor,
    replace: () => {
      place(() => {
        renameSync(path, target);
      });
    },
    take: () => {
      place(() => {
        linkOrRename(path, target);
      });
    },
    end: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
  try {
    removeLeftOvers(folder, descriptor);
    giveRights(descriptor, rights, replaced);
    return file;
  } catch (error) {
    file.end();
    throw error;
  }
}

/** Only a link fails where another process has put a file meanwhile; not every file system has links. */
function linkOrRename(path: string, target: string): void {
  try {
    linkSync(path, target);
  } catch (error) {
    if (!isSystemError(error, ['EPERM', 'ENOTSUP', 'ENOSYS'])) throw error;
    renameSync(path, target);
  }
}

/** The umask masks the mode that a file is made with, so the mode is set afterwards. */
function giveRights(descriptor: number, { mode, kept }: FileRights, replaced: Stats | null): void {
  if (replaced === null) {
    fchmodSync(descriptor, mode);
    return;
  }
  const allowed = replaced.mode & kept;
  // Another group gets no more than everybody.
  const isGiven = giveOwner(descriptor, replaced);
  fchmodSync(descriptor, isGiven ? allowed : (allowed & ~0o070) | ((allowed & 0o007) << 3));
}

/** Returns whether the file has the group now. Only root may give a file away; others give it to a group of theirs. */
function giveOwner(descriptor: number, { uid, gid }: Stats): boolean {
  for (const owner of [uid, process.geteuid?.() ?? uid]) {
    try {
      fchownSync(descriptor, owner, gid);
      return true;
    } catch (error) {
      if (!isSystemError(error, ['EPERM', 'EINVAL'])) throw error;
    }
  }
  return false;
}

/** Without this, a power cut could take the new name back. */
/** Puts on the disk that a file is in its folder. */
export function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    // A folder that may be written but not read cannot be synced; some file systems sync none.
    if (!isSystemError(error, ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'])) throw error;
  }
}
