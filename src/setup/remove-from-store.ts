// `kms init --remove`: removes from a store everything that kms init added, once the user agrees.
import { findAdditions, removeAdditions, type Additions } from '../store/prepare/additions.js';
import type { ConnectOptions } from '../store/connect/connection.js';
import { CONNECT_OPTIONS } from './connect-options.js';

/** Returns what was removed. `agree` throws unless the user agrees to lose what was found. */
export async function removeFromStore(
  url: string,
  agree: (found: Additions) => Promise<void>,
  lockWait: Required<ConnectOptions>['lockWait'],
): Promise<Additions> {
  const found = await findAdditions(url, CONNECT_OPTIONS);
  if (found.names.length === 0) return found;
  await agree(found);
  return removeAdditions(url, { ...CONNECT_OPTIONS, lockWait });
}

/** Returns what would be lost, a line each, and the rotation log in words. */
export function describeLoss({ url, names, logEntries }: Additions): {
  readonly lines: readonly string[];
  readonly log: string;
} {
  const log = `the rotation log with ${entries(logEntries)}`;
  return { lines: [url, 'would lose for good:', ...names, log], log };
}

/** Returns the document `kms.remove/v1`. */
export function removalJson({ url, names, logEntries }: Additions): object {
  return { schema: 'kms.remove/v1', url, removed: names, logEntries };
}

/** Returns what was removed, a line each. */
export function removalLines({ url, names, logEntries }: Additions): readonly string[] {
  if (names.length === 0) return [`${url} has no tables or indexes of kms to remove`];
  return [
    `removed from ${url}: ${names.join(', ')}`,
    `the rotation log had ${entries(logEntries)}; no key was changed`,
    'before the next run: kms init',
  ];
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
