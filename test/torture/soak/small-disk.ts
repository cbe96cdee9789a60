// A disk in memory that a soak fills and empties again. Only root can mount one.
import { execFileSync } from 'node:child_process';
import { chownSync, closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface FillableDisk {
  /** Takes all room but so many kilobytes. */
  fill(roomKb: number): void;
  empty(): void;
  unmount(): void;
}

const BLOCK = Buffer.alloc(2 ** 20);

/** Mounts a disk of this size (as in `512m`) over a folder; it goes with this process at the latest. */
export function mountDisk(
  folder: string,
  size: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): FillableDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  const filler = join(folder, 'filler');
  let isMounted = true;
  const unmount = () => {
    // A server that still has files open there must not keep it.
    if (isMounted) execFileSync('umount', ['--lazy', folder]);
    isMounted = false;
  };
  process.prependListener('exit', unmount);
  return {
    fill: (roomKb) => {
      const file = openSync(filler, 'w');
      try {
        let left = roomIn(folder) - roomKb * 1024;
        while (left > 0) left -= writeSync(file, BLOCK, 0, Math.min(left, BLOCK.length));
      } catch (error) {
        // Somebody else has taken some of the room.
        if (!(error instanceof Error) || !error.message.startsWith('ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => {
      rmSync(filler, { force: true });
    },
    unmount,
  };
}

function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
