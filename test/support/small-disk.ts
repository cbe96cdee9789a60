// A disk of a few kilobytes in memory, mounted for a suite. Only root can mount one.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { need } from './left-out.js';
import { temporaryFolder } from './temporary.js';

export interface SmallDisk {
  readonly folder: string;
  path(name: string): string;
  /** Makes it read-only for everybody. */
  protect(): void;
}

/** Mounts a disk of this size (as in `8k`) before the tests of a suite, which is skipped where that is not allowed. */
export function smallDisk(size: string): SmallDisk {
  const folder = temporaryFolder();
  const options = ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'tmpfs', folder];
  let isMounted = false;
  before(function () {
    isMounted = spawnSync('mount', options).status === 0;
    need(this, 'root that may mount', isMounted);
  });
  after(() => {
    if (isMounted) execFileSync('umount', [folder]);
  });
  return {
    folder,
    path: (name) => join(folder, name),
    protect: () => {
      execFileSync('mount', ['-o', 'remount,ro', folder]);
    },
  };
}
