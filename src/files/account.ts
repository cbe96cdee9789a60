// The account that this process runs under. In a container it may be a number that the system does not know, without a
// name and without a home folder.
import { userInfo, type UserInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** Returns the account's name; null if it has none. */
export function accountName(): string | null {
  return account()?.username ?? null;
}

/** Returns HOME, else the account's home folder, else the root, as container runtimes set HOME for such accounts. */
export function homeFolder(): string {
  const home = process.env['HOME'] ?? '';
  if (isAbsolute(home)) return home;
  return account()?.homedir ?? '/';
}

function account(): UserInfo<string> | null {
  try {
    return userInfo();
  } catch {
    // The system has no entry for its number.
    return null;
  }
}
