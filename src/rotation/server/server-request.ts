// A request to the server to rotate one key, as our table keeps it from before it is made until its rotation is complete,
// and what has become of one whose answer nobody has. Pure; run/server/ makes requests.
import { linkTo } from '../../kmip/attributes.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import type { MadeUids, RekeyOperation } from '../../kmip/server-messages.js';
import type { PolicyView } from '../policy-text.js';
import { publicUidOf, replacementUidOf } from '../related-objects.js';

/**
 * How far it has come. `re-key`: the server is about to be asked, or was. `re-arm`: it has made the replacement, which is
 * about to be armed. `unfinished`: it made a replacement, and left the key as it was.
 */
type ServerRequestStep = 're-key' | 're-arm' | 'unfinished';

export interface ServerRequest {
  readonly uid: string;
  /** Of a pair; else null. */
  readonly publicUid: string | null;
  readonly operation: RekeyOperation;
  readonly intent: ServerIntent;
  readonly step: ServerRequestStep;
  readonly made: MadeUids | null;
  readonly runId: string;
  readonly begunAt: EpochSeconds;
  /** When a run last did something about it, by the clock of the database. */
  readonly touchedAt: EpochSeconds;
}

/** A request whose replacement is known. */
export type MadeRequest = ServerRequest & { readonly made: MadeUids };

/** What the key had, and what its replacement is to have. */
export interface ServerIntent {
  readonly owner: string;
  /** Of the replacement. */
  readonly policy: PolicyView;
  /** Of the key. */
  readonly generation: number;
  readonly names: readonly string[];
  readonly tags: readonly OwnedTag[];
  readonly grants: readonly OwnedGrant[];
}

interface OwnedTag {
  readonly uid: string;
  readonly tag: string;
}

interface OwnedGrant {
  readonly uid: string;
  readonly userid: string;
  /** JSON, as in the store. */
  readonly permissions: string;
}

/** Returns the operation that rotates a key. */
export function rekeyOperationOf({
  objectType,
}: Pick<ManagedObject, 'objectType'>): RekeyOperation {
  return objectType === 'PrivateKey' ? 'ReKeyKeyPair' : 'ReKey';
}

/** Returns the policy that the replacement of a key is to have. */
export function policyAfter({ attributes }: ManagedObject, disarm: boolean): PolicyView {
  return {
    intervalSeconds: disarm ? 0 : attributes.rotateInterval,
    offsetSeconds: disarm ? null : attributes.rotateOffset,
    automatic: attributes.rotateAutomatic,
    keyset: attributes.rotateName,
  };
}

/** How many times as long as the server may take for an answer a request is left to the run that made it. */
const LEFT_ALONE = 10;

/** Says whether the run that made a request is gone: a living one does something about it more often. */
export function isAbandoned(
  { touchedAt }: Pick<ServerRequest, 'touchedAt'>,
  now: EpochSeconds,
  timeoutSeconds: number,
): boolean {
  return now - touchedAt > LEFT_ALONE * timeoutSeconds;
}

/** What has become of a request, by what the store has. */
export type RequestOutcome =
  /** The server has made the replacement, and retired the key. */
  | { readonly kind: 'rotated'; readonly made: MadeUids }
  /** It made the replacement, and left the key as it was. */
  | { readonly kind: 'unfinished'; readonly made: MadeUids }
  /** It did nothing. */
  | { readonly kind: 'untouched' }
  /** The key is gone, or was rotated by somebody else. */
  | { readonly kind: 'overtaken' }
  /** A row that would tell cannot be read. */
  | { readonly kind: 'unreadable'; readonly uid: string };

/**
 * Returns what has become of a request, given the key and all objects that say they replace it. One that the key names in
 * turn is its replacement, whoever asked for it; one that it does not name was left by a server that died between its two
 * transactions. A key that was destroyed since, or whose row is gone, names nothing any more.
 */
export function outcomeOf(
  replaced: ManagedObject | null,
  replacements: readonly ManagedObject[],
): RequestOutcome {
  const [left, ...others] = replacements;
  if (replaced === null || isDestroyed(replaced)) {
    return left === undefined || others.length > 0
      ? { kind: 'overtaken' }
      : { kind: 'rotated', made: madeUidsOf(left) };
  }
  const uid = replacementUidOf(replaced);
  const known = replacements.find(({ uniqueIdentifier }) => uniqueIdentifier === uid);
  if (known !== undefined) return { kind: 'rotated', made: madeUidsOf(known) };
  if (uid !== null) return { kind: 'overtaken' };
  return left === undefined
    ? { kind: 'untouched' }
    : { kind: 'unfinished', made: madeUidsOf(left) };
}

/** Says whether an object says that it replaces another one. */
export function saysItReplaces({ attributes }: ManagedObject, uid: string): boolean {
  return linkTo(attributes, 'ReplacedObjectLink') === uid;
}

function madeUidsOf(object: ManagedObject): MadeUids {
  const publicUid = object.objectType === 'PrivateKey' ? publicUidOf(object) : null;
  return { uid: object.uniqueIdentifier, publicUid };
}
