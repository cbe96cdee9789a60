// `kms init --print-grants`: the privileges that each use of kms needs, as a script.
import type { GrantGroup, Grants } from '../store/prepare/grants.js';

const HEADINGS = {
  init: '-- for kms init, on a store that a server has made',
  run: '-- for runs, once kms init has been done',
  doctor: '-- for kms doctor, besides those for runs',
  prune: '-- for kms prune, once kms init has been done',
  read: '-- for commands that only read',
} as const;

/** Returns the script, a line each. */
export function grantLines(grants: Grants, groups: readonly GrantGroup[]): readonly string[] {
  if (grants.dialect === 'sqlite') {
    return ['-- SQLite has no users: whoever may write the file and its folder may do everything'];
  }
  return groups.flatMap((group) => [HEADINGS[group], ...grants[group]]);
}
