// Whether the changes of the key that seals the log follow one from another: each must be of the key in force. Their times are
// those of hosts, to the second, so among changes close to each other any order will do in which they do.
import type { RowPlace } from './finding.js';

export type KeyId = string | null;

export interface KeyChange {
  readonly from: KeyId;
  readonly to: KeyId;
  readonly row: RowPlace;
}

/** A change of a key that was not in force, and for which other it had been changed, if it ever was. */
export interface WrongChange {
  readonly change: KeyChange;
  readonly changedFor: KeyId | undefined;
}

/** Hosts on which runs may write are so far apart at most: each may differ from its database by half of it. */
const APART_MS = 600_000;

export function wrongChanges(changes: readonly KeyChange[]): readonly WrongChange[] {
  const groups = closeTogether(changes);
  const wrong: WrongChange[] = [];
  /** For which key each was changed last. */
  const changedFor = new Map<KeyId, KeyId>();
  let inForce = firstOf(groups[0] ?? []);
  for (const group of groups) {
    const left = byFrom(group);
    for (;;) {
      const next = takeNext(left, inForce);
      if (next === undefined) break;
      changedFor.set(next.from, next.to);
      inForce = next.to;
    }
    // Two runs at once may both bring in the same key.
    const others = [...left.values()].flat().filter(({ from, to }) => changedFor.get(from) !== to);
    wrong.push(...others.map((change) => ({ change, changedFor: changedFor.get(change.from) })));
  }
  return wrong;
}

function closeTogether(changes: readonly KeyChange[]): readonly (readonly KeyChange[])[] {
  const sorted = [...changes].sort((a, b) =>
    a.row.at < b.row.at ? -1 : Number(a.row.at > b.row.at),
  );
  const groups: KeyChange[][] = [];
  for (const change of sorted) {
    const group = groups.at(-1);
    const first = Date.parse(group?.[0]?.row.at ?? '');
    if (Date.parse(change.row.at) - first <= APART_MS) group?.push(change);
    else groups.push([change]);
  }
  return groups;
}

/** Returns the key in force before these changes: the one that is changed more often than it is brought in. */
function firstOf(changes: readonly KeyChange[]): KeyId | undefined {
  const surplus = new Map<KeyId, number>();
  const add = (keyId: KeyId, by: number) => surplus.set(keyId, (surplus.get(keyId) ?? 0) + by);
  for (const { from, to } of changes) {
    add(from, 1);
    add(to, -1);
  }
  const [first] = [...surplus].reduce<readonly [KeyId | undefined, number]>(
    (most, one) => (one[1] > most[1] ? one : most),
    [changes[0]?.from, 0],
  );
  return first;
}

function byFrom(changes: readonly KeyChange[]): Map<KeyId, KeyChange[]> {
  const map = new Map<KeyId, KeyChange[]>();
  for (const change of changes) {
    const known = map.get(change.from);
    if (known === undefined) map.set(change.from, [change]);
    else known.push(change);
  }
  return map;
}

/** Takes out a change of this key; one that leads on to others, if there is one. */
function takeNext(
  left: ReadonlyMap<KeyId, KeyChange[]>,
  inForce: KeyId | undefined,
): KeyChange | undefined {
  const possible = inForce === undefined ? undefined : left.get(inForce);
  if (possible === undefined) return undefined;
  const leading = possible.findIndex(({ to }) => to !== inForce && (left.get(to)?.length ?? 0) > 0);
  return possible.splice(Math.max(leading, 0), 1)[0];
}
