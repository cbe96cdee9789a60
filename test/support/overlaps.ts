// Keys that are replaced with an overlap of a week, and what a store has of them.
import type { RetiringObject } from '../../src/rotation/retiring-object.js';
import type { RunContext } from '../../src/run/context.js';
import { aSymmetricKey, DAY, rowOf, withStore } from './store.js';

export const WEEK = 7 * DAY;
export const OVERLAP = {
  overlap: { asked: null, byDefault: WEEK },
} satisfies Partial<RunContext>;

/** A key that can only encrypt and decrypt. */
export const aCipherKey = (uid: string, members: Record<string, unknown> = {}) =>
  aSymmetricKey({ uid, keyset: true }, { CryptographicUsageMask: 12, ...members });

export async function retiringIn(url: string): Promise<readonly RetiringObject[]> {
  return [...(await withStore(url, (store) => store.retiringObjects())).values()];
}

export async function attributesOf(url: string, uid: string): Promise<Record<string, unknown>> {
  return JSON.parse((await rowOf(url, uid)).attributes) as Record<string, unknown>;
}
