// Finds the file that a path leads to, through symbolic links, whether that file exists or not.
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface Destination {
  /** The path of the file itself. */
  readonly target: string;
  /** Set if the path names a file that this process has open, as /dev/stdout and /dev/fd/3 do. */
  readonly descriptor: number | null;
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** @throws Error from the system: ENOENT if a folder on the way is missing, ELOOP for links in a circle. */
export function destinationOf(path: string): Destination {
  let target = path;
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    target = join(realpathSync(dirname(resolve(target))), basename(target));
    const descriptor = ownDescriptor(target);
    if (descriptor !== null) return { target, descriptor };
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) break;
    target = resolve(dirname(target), readlinkSync(target));
  }
  // Links in a circle are left to the system, which refuses to open them.
  return { target, descriptor: null };
}

function ownDescriptor(target: string): number | null {
  const [, number] = new RegExp(`^/proc/${process.pid}/fd/(\\d+)$`).exec(target) ?? [];
  return number === undefined ? null : Number(number);
}
