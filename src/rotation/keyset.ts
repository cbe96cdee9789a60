// Keysets: the generations that share a Rotate Name, how an address names one of them, and which uid the next one gets
// (storage format §6.2, §6.4). Owners play no part. store/ finds the rows.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { uidArgument } from '../text/shell-word.js';
import { quoted } from '../text/phrases.js';

export interface KeysetMember {
  readonly uid: string;
  readonly owner: string | null;
  /** 0-based; a row without Rotate Generation is generation 0. Null if the row is malformed. */
  readonly generation: number | null;
  /** As its column has it. */
  readonly state: string;
  /** The earlier of its Deactivation Date and Protect Stop Date; null if it has neither that could be read. */
  readonly protectsUntil: EpochSeconds | null;
}

export type KeysetAddress =
  | { readonly kind: 'uid'; readonly uid: string }
  /** `explicit`: written with an @. */
  | {
      readonly kind: 'member';
      readonly keyset: string;
      readonly generation: number | 'latest';
      readonly explicit: boolean;
    };

const UUID_SHAPED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(@.*)?$/is;
const MEMBER = /^(?<keyset>.+)@(?<generation>latest|first|\d{1,10})$/s;

/** Parses a uid as an operator writes it. */
export function parseAddress(text: string): KeysetAddress {
  if (text.startsWith('hsm::') || UUID_SHAPED.test(text)) return { kind: 'uid', uid: text };
  const groups = MEMBER.exec(text)?.groups;
  const keyset = groups?.['keyset'];
  const generation = groups?.['generation'];
  if (keyset === undefined || generation === undefined) {
    return { kind: 'member', keyset: text, generation: 'latest', explicit: false };
  }
  if (generation === 'latest') return { kind: 'member', keyset, generation, explicit: true };
  const number = generation === 'first' ? 0 : Number(generation);
  return { kind: 'member', keyset, generation: number, explicit: true };
}

/**
 * Returns the uid that an address means: that of a member, given the members of the keyset that it names, or, if
 * there is no such keyset, the text itself.
 *
 * @throws KmsError AmbiguousKeyset if two owners have a keyset of that name; UnknownUid if the keyset
 *   has no such generation.
 */
export function uidOfAddress(
  text: string,
  address: KeysetAddress,
  members: readonly KeysetMember[],
): string {
  if (address.kind === 'uid' || members.length === 0) return text;
  assertUnambiguousKeyset(address.keyset, members);
  const latest = latestMember(members);
  const found =
    address.generation === 'latest'
      ? latest
      : members.find((member) => member.generation === address.generation);
  if (found !== undefined) return found.uid;
  throw new KmsError(
    'UnknownUid',
    `the keyset ${quoted(address.keyset)} has no generation ${address.generation}`,
    {
      uid: text,
      hint: `kms key lineage ${uidArgument(address.keyset)} shows its generations`,
    },
  );
}

/**
 * Ensures that a keyset has one owner, and that all its members can be read.
 *
 * @throws KmsError MalformedObject if one cannot be read; AmbiguousKeyset if they belong to more than
 *   one owner.
 */
export function assertUnambiguousKeyset(keyset: string, members: readonly KeysetMember[]): void {
  const malformed = members.find((member) => member.generation === null);
  if (malformed !== undefined) {
    throw new KmsError(
      'MalformedObject',
      `the generation of ${quoted(malformed.uid)} in the keyset ${quoted(keyset)} cannot be read`,
      { uid: malformed.uid, hint: 'repair the row with the server that wrote it' },
    );
  }
  const owners = [...new Set(members.map((member) => member.owner ?? ''))].sort();
  if (owners.length < 2) return;
  throw new KmsError(
    'AmbiguousKeyset',
    `the keyset ${quoted(keyset)} belongs to more than one owner: ${owners.join(', ')}`,
    { uid: keyset, hint: 'rename one of them with the server that wrote it' },
  );
}

/** Returns the member of the highest generation. */
export function latestMember(members: readonly KeysetMember[]): KeysetMember | undefined {
  return members.reduce<KeysetMember | undefined>(
    (latest, member) =>
      latest === undefined || (member.generation ?? 0) > (latest.generation ?? 0) ? member : latest,
    undefined,
  );
}

/** Returns the uid of the generation after this one. */
export function nextUid(keyset: string, generation: number): string {
  return `${keyset}@${generation + 1}`;
}
