// Chains of replacements whose last two members are not Active, and who else belongs to them.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import { isDestroyed, type ManagedObject } from '../kmip/managed-object.js';
import { replacementUidOf } from '../rotation/related-objects.js';
import { decodeOrError } from '../store/find/rows.js';
import type { DoctorContext } from './doctor-context.js';

/** The uids of the members of each chain. */
export type ChainMembers = ReadonlyMap<EndedChain, ReadonlySet<string>>;

/** Neither is Active, and nothing replaces the end. */
export interface EndedChain {
  /** The member that the end replaces. */
  readonly last: ManagedObject;
  readonly end: ManagedObject;
}

/** One that is destroyed was ended on purpose: nothing is left of it that could be re-keyed. */
export async function endedChains(
  { store }: Pick<DoctorContext, 'store'>,
  objects: readonly ManagedObject[],
): Promise<readonly EndedChain[]> {
  const replaced = objects.filter(
    (object) =>
      isOver(object) && object.objectType !== 'PublicKey' && replacementUidOf(object) !== null,
  );
  const ends = await readByUid(
    store,
    replaced.flatMap((object) => replacementUidOf(object) ?? []),
  );
  const chains = replaced.flatMap((last): EndedChain[] => {
    const end = ends.get(replacementUidOf(last) ?? '');
    return end !== undefined && isOver(end) && end.objectType === last.objectType
      ? [{ last, end }]
      : [];
  });
  const next = await readByUid(
    store,
    chains.flatMap(({ end }) => replacementUidOf(end) ?? []),
  );
  return chains.filter(({ end }) => !next.has(replacementUidOf(end) ?? ''));
}

/** Returns the uids of each chain, back to its first member: whichever of them our log knows, the chain is ours. */
export async function membersOf(
  store: Pick<DoctorContext['store'], 'readRows'>,
  ended: readonly EndedChain[],
): Promise<ChainMembers> {
  const members = new Map(ended.map((chain) => [chain, new Set([chain.end.uniqueIdentifier])]));
  let reached = new Map(ended.map((chain) => [chain, chain.last]));
  while (reached.size > 0) {
    for (const [chain, { uniqueIdentifier: uid }] of reached) members.get(chain)?.add(uid);
    const before = await readByUid(store, [...reached.values()].flatMap(replacedUidsOf));
    const next = new Map<EndedChain, ManagedObject>();
    for (const [chain, object] of reached) {
      const replaced = before.get(replacedUidsOf(object)[0] ?? '');
      // A circle ends where it began.
      const isNew = replaced !== undefined && !members.get(chain)?.has(replaced.uniqueIdentifier);
      if (isNew) next.set(chain, replaced);
    }
    reached = next;
  }
  return members;
}

function replacedUidsOf({ attributes }: ManagedObject): readonly string[] {
  return [linkTo(attributes, 'ReplacedObjectLink') ?? []].flat();
}

export function isOver(object: ManagedObject): boolean {
  return object.state !== 'Active' && !isDestroyed(object);
}

export async function readByUid(
  store: Pick<DoctorContext['store'], 'readRows'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, ManagedObject>> {
  if (uids.length === 0) return new Map();
  const rows = await store.readRows([...new Set(uids)]);
  return new Map(
    rows.flatMap((row) => {
      const object = decodeOrError(row);
      return object instanceof KmsError ? [] : [[row.id, object] as const];
    }),
  );
}
