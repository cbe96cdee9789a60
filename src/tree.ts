// What hangs on a key: the objects that it wraps, what those wrap in turn, down to the leaves; and whether a
// retired wrapping key may be destroyed. Drawing it is output/'s.
import { KmsError } from './errors.js';
import type { ManagedObject } from './kmip/managed-object.js';
import { namesOfWrappingKey } from './rotation/neighbours.js';
import type { Subject } from './rotation/subject.js';
import type { Mislabelled } from './store/dependants.js';
import type { Store } from './store/open.js';

export interface TreeNode {
  readonly uid: string;
  readonly objectType: string | null;
  readonly state: string | null;
  readonly owner: string | null;
  /** How it is wrapped: Block Cipher Mode or Padding Method, and the encoding; null if it is not. */
  readonly wrapping: string | null;
  readonly dependants: readonly TreeNode[];
}

/** Returns the tree of all live objects under one. @throws KmsError UnknownUid, WrappingCycle. */
export async function treeOf(store: Store, uid: string): Promise<TreeNode> {
  const mislabelled = await store.findMislabelled();
  const [subject] = await store.load([uid]);
  if (subject === undefined) {
    throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
  }
  return nodeOf(store, subject, mislabelled, []);
}

/** Says whether nothing would be lost with a key: it is Active no more, and nothing live hangs on it. */
export function mayBeDestroyed({ state, dependants }: TreeNode): boolean {
  return state !== 'Active' && dependants.length === 0;
}

async function nodeOf(
  store: Store,
  subject: Subject,
  mislabelled: readonly Mislabelled[],
  above: readonly string[],
): Promise<TreeNode> {
  const { row, object } = subject;
  if (above.includes(row.id)) {
    throw new KmsError('WrappingCycle', `${JSON.stringify(row.id)} hangs on itself`, {
      uid: row.id,
      hint: 'restore these objects from a copy of the store: they cannot be unwrapped',
    });
  }
  const dependants: TreeNode[] = [];
  const uids = await uidsUnder(store, subject, mislabelled);
  for (const below of await store.load(uids)) {
    dependants.push(await nodeOf(store, below, mislabelled, [...above, row.id]));
  }
  const known = object instanceof KmsError ? null : object;
  return {
    uid: row.id,
    objectType: known?.objectType ?? null,
    state: row.state,
    owner: row.owner,
    wrapping: known === null ? null : wrappingIn(known),
    dependants,
  };
}

async function uidsUnder(
  store: Store,
  { row, object, dependants }: Subject,
  mislabelled: readonly Mislabelled[],
): Promise<readonly string[]> {
  const names = object instanceof KmsError ? [row.id] : namesOfWrappingKey(object);
  const uids = mislabelled
    .filter(({ wrappingKeyUid }) => names.includes(wrappingKeyUid))
    .map(({ uid }) => uid);
  if (dependants === 0) return uids;
  for await (const page of store.dependantsOf(names)) {
    for (const below of page) {
      const uid = below instanceof KmsError ? below.uid : below.uniqueIdentifier;
      if (uid !== null) uids.push(uid);
    }
  }
  return [...new Set(uids)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function wrappingIn({ keyBlock }: ManagedObject): string | null {
  const data = keyBlock?.keyWrappingData ?? null;
  if (data === null) return null;
  const { blockCipherMode, paddingMethod } = data.parameters;
  return [blockCipherMode ?? paddingMethod, data.encoding]
    .filter((part) => part !== null)
    .join(', ');
}
