// The objects that a key wraps, those that they wrap, and so on; and whether a retired wrapping key may be destroyed.
// tree-drawing.ts draws the tree.
import { wrappingCertificates } from '../../survey/certificate-links.js';
import { KmsError } from '../../errors.js';
import { formatInstant } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { uidsOfWrappingKey } from '../../rotation/related-objects.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { deletedMeanwhile } from '../../store/find/load-by-address.js';
import { wrappingKeyNamedBy } from '../../store/find/dependants.js';
import type { WrappingKeyMismatch } from '../../store/find/find-wrapping-key-mismatches.js';
import type { Store } from '../../store/store.js';
import { uidOf } from '../../store/find/rows.js';
import { compareUids } from '../../rotation/plan.js';
import type { CertificateLinks } from '../../flows/rotation-context.js';

export interface TreeNode {
  readonly uid: string;
  readonly objectType: string | null;
  readonly state: string | null;
  readonly owner: string | null;
  /** How it is wrapped: Block Cipher Mode or Padding Method, and the encoding; null if it is not. */
  readonly wrapping: string | null;
  /** When the overlap of a replaced key ends; null if it is in none. */
  readonly retiresAt: string | null;
  readonly dependants: readonly TreeNode[];
}

/** What is read to find everything under a key. */
type TreeStore = Pick<
  Store,
  'findWrappingKeyMismatches' | 'findWrappingCertificates' | 'load' | 'loadRelated' | 'dependantsOf'
>;

/** Returns the tree of all live objects under one. @throws KmsError UnknownUid, WrappingCycle. */
export async function dependantsTree(store: TreeStore, uid: string): Promise<TreeNode> {
  const wrappingKeyMismatches = await store.findWrappingKeyMismatches();
  const [candidate] = await store.load([uid]);
  if (candidate === undefined) throw deletedMeanwhile(uid);
  const certificates = await wrappingCertificates(store, wrappingKeyMismatches);
  return nodeOf(store, candidate, { wrappingKeyMismatches, certificates }, []);
}

/** Says whether nothing would be lost with a key: it is no longer Active, and wraps nothing that is not Destroyed. */
export function mayBeDestroyed({ state, dependants }: TreeNode): boolean {
  return state !== 'Active' && dependants.length === 0;
}

/** What finds dependants that do not name the key in their column. */
interface HiddenLinks {
  readonly wrappingKeyMismatches: readonly WrappingKeyMismatch[];
  readonly certificates: readonly CertificateLinks[];
}

async function nodeOf(
  store: Pick<Store, 'dependantsOf' | 'load'>,
  candidate: RotationCandidate,
  hidden: HiddenLinks,
  above: readonly string[],
): Promise<TreeNode> {
  const { row, object } = candidate;
  if (above.includes(row.id)) {
    throw new KmsError('WrappingCycle', `${JSON.stringify(row.id)} wraps itself`, {
      uid: row.id,
      hint: 'restore these objects from a copy of the store: they cannot be unwrapped',
    });
  }
  const dependants: TreeNode[] = [];
  const uids = await uidsUnder(store, candidate, hidden);
  for (const below of await store.load(uids)) {
    dependants.push(await nodeOf(store, below, hidden, [...above, row.id]));
  }
  const known = object instanceof KmsError ? null : object;
  return {
    uid: row.id,
    objectType: known?.objectType ?? null,
    state: row.state,
    owner: row.owner,
    wrapping: known === null ? null : wrappingIn(known),
    retiresAt: candidate.retiring === null ? null : formatInstant(candidate.retiring.endsAt),
    dependants,
  };
}

async function uidsUnder(
  store: Pick<Store, 'dependantsOf'>,
  { row, object, dependants }: RotationCandidate,
  { wrappingKeyMismatches, certificates }: HiddenLinks,
): Promise<readonly string[]> {
  const names = object instanceof KmsError ? [row.id] : uidsOfWrappingKey(object, certificates);
  const uids = wrappingKeyMismatches
    .filter(({ wrappingKeyUid }) => names.includes(wrappingKeyUid))
    .map(({ uid }) => uid);
  const byCertificate = certificates.some(({ uid }) => names.includes(uid));
  if (dependants === 0 && !byCertificate) return uids;
  for await (const page of store.dependantsOf(names)) {
    for (const below of page) {
      const uid = uidOf(below);
      // An object that names itself in its column alone is not wrapped by itself.
      const isItself = uid === row.id && !names.includes(wrappingKeyNamedBy(below) ?? '');
      if (uid !== null && !isItself) uids.push(uid);
    }
  }
  return [...new Set(uids)].sort(compareUids);
}

function wrappingIn({ keyBlock }: ManagedObject): string | null {
  const data = keyBlock?.keyWrappingData ?? null;
  if (data === null) return null;
  const { blockCipherMode, paddingMethod } = data.parameters;
  return [blockCipherMode ?? paddingMethod, data.encoding]
    .filter((part) => part !== null)
    .join(', ');
}
