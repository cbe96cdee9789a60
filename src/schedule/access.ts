// Whether the user that a schedule runs as can reach what a run needs on this host. It looks at modes and owners alone;
// what access control lists grant beyond that it does not see.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../files/system-error.js';

/** Null stands for a user whom no file knows, such as systemd's DynamicUser=. */
export type Account = { readonly uid: number; readonly gids: readonly number[] } | null;

export type Right = 'read' | 'write' | 'execute';

const BITS = { read: 4, write: 2, execute: 1 } as const;

/** Returns the account of a name or number; undefined if this host has none of the name. */
export function accountNamed(user: string): Account | undefined {
  const numbers = (option: string) => {
    const { status, stdout } = spawnSync('id', [option, '--', user], { encoding: 'utf8' });
    return status === 0 ? stdout.trim().split(' ').map(Number) : [];
  };
  const [uid] = numbers('-u');
  if (uid !== undefined) return { uid, gids: numbers('-G') };
  return /^\d+$/.test(user) ? { uid: Number(user), gids: [] } : undefined;
}

/** Returns what keeps an account from a file: the file, or a folder that leads to it; null if nothing does. */
export function forbiddenPath(path: string, right: Right, account: Account): string | null {
  if (account?.uid === 0) return existsSync(path) ? null : path;
  const target = existsSync(path) ? realpathSync(path) : path;
  return obstacleOn(path, right, account) ?? obstacleOn(target, right, account);
}

function obstacleOn(path: string, right: Right, account: Account): string | null {
  const parent = dirname(path);
  const above = parent === path ? null : obstacleOn(parent, 'execute', account);
  return above ?? (mayUse(path, BITS[right], account) ? null : path);
}

function mayUse(path: string, bit: number, account: Account): boolean {
  const found = statusOf(path);
  return found !== null && (bitsFor(found, account) & bit) !== 0;
}

/** Null for what does not exist, and for what this process may not see. */
export function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== null) return null;
    throw error;
  }
}

/** The bits that count are those of the first class that an account is in. */
function bitsFor({ mode, uid, gid }: Stats, account: Account): number {
  if (account?.uid === uid) return mode >> 6;
  return account?.gids.includes(gid) === true ? mode >> 3 : mode;
}
