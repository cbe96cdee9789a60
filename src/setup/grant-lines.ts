// `kms init --print-grants`: the privileges that init and runs need, as a script.
import type { Grants } from '../store/prepare/grants.js';

/** Returns the script, a line each. */
export function grantLines({ dialect, init, run }: Grants): readonly string[] {
  if (dialect === 'sqlite') {
    return ['-- SQLite has no users: whoever may write the file and its folder may do everything'];
  }
  return [
    '-- for kms init, on a store that a server has made',
    ...init,
    '-- for runs, once kms init has been done',
    ...run,
  ];
}
