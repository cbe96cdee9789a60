// Which generation of a keyset is its head, and which members below it are still used as if they were. A server that
// dies in a rotation rotates the newest member again at each tick, and leaves several heads (storage format §8.1).
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { declinesRotation } from '../../kmip/rotation-policy.js';
import type { Generation } from './unfinished-rotation.js';

export interface KeysetHeads {
  readonly head: Generation;
  /** Members that are to be replaced by the next one, in order. */
  readonly retired: readonly { readonly replaced: Generation; readonly replacement: Generation }[];
  /** Of them those that anybody still uses, the latest first. */
  readonly inUse: readonly Generation[];
}

/**
 * Returns what is wrong with the members of a keyset; null if its highest generation is its one head, or two members
 * share a generation, which is another finding.
 */
export function keysetHeadsOf(members: readonly Generation[]): KeysetHeads | null {
  const all = [...members].sort((one, other) => generationNumber(one) - generationNumber(other));
  // A Destroyed one stays the head to a server; below it, it is out of the way.
  const inOrder = all.filter((one) => one === all.at(-1) || !isDestroyed(one.key));
  const head = inOrder.at(-1);
  const numbers = new Set(inOrder.map(generationNumber));
  if (head === undefined || numbers.size < inOrder.length) return null;
  const uids = new Set(members.map(({ key }) => key.uniqueIdentifier));
  const below = inOrder.slice(0, -1).map((replaced, index) => {
    const replacement = inOrder[index + 1] ?? head;
    return { replaced, replacement };
  });
  const isUsed = ({ replaced, replacement }: (typeof below)[number]) =>
    !isReplaced(replaced, uids) && isHead(replaced, replacement);
  const lowest = below.findIndex(isUsed);
  if (lowest === -1) return null;
  return {
    head,
    retired: below.slice(lowest).filter(({ replaced }) => !isReplaced(replaced, uids)),
    inUse: below
      .filter(isUsed)
      .map(({ replaced }) => replaced)
      .reverse(),
  };
}

export function generationNumber({ key }: Generation): number {
  return key.attributes.rotateGeneration ?? 0;
}

/** Says whether a member was replaced by another one and retired. */
function isReplaced({ key, publicKey }: Generation, uids: ReadonlySet<string>): boolean {
  const isLinked = ({ attributes }: ManagedObject) =>
    linkTo(attributes, 'ReplacementObjectLink') !== null;
  return (
    uids.has(linkTo(key.attributes, 'ReplacementObjectLink') ?? '') &&
    (publicKey === null || isLinked(publicKey))
  );
}

/** An Active member claims to be the latest, or is armed, or the one above it says that it replaces it. */
function isHead({ key }: Generation, next: Generation): boolean {
  const { members } = key.attributes;
  return (
    key.state === 'Active' &&
    (members['RotateLatest'] === true ||
      declinesRotation(members) === null ||
      linkTo(next.key.attributes, 'ReplacedObjectLink') === key.uniqueIdentifier)
  );
}
