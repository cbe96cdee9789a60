// A rotation that only the server can make, and what is checked before it is asked. run/server/ask-server.ts asks.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { nextUid } from '../rotation/keyset.js';
import { uidsOfWrappingKey } from '../rotation/related-objects.js';
import { dependantsBehindHsm, serverRefusal } from '../rotation/server/server-refusal.js';
import { findPair } from './pairs/find-pair.js';
import { requireSoundPair } from './pairs/sound-pair.js';
import type { Rotation } from './change.js';
import type { RotationContext } from './rotation-context.js';

export interface ServerRotation {
  readonly uid: string;
  readonly object: ManagedObject;
  /** By what uids objects may name it as their wrapping key. */
  readonly dependantUids: readonly string[];
  /** Whether the replacement is to have no schedule. */
  readonly disarm: boolean;
}

/** Returns what the server is to be asked for. @throws KmsError why it must not be. */
export function serverRotation(
  candidate: RotationCandidate,
  context: RotationContext,
): ServerRotation {
  const { object } = candidate;
  const refusal = serverRefusal(candidate);
  if (refusal !== null) throw refusal;
  if (object instanceof KmsError) throw object;
  const uid = object.uniqueIdentifier;
  const dependantUids = uidsOfWrappingKey(object, context.wrappingCertificates);
  const named = context.wrappingKeyMismatches.filter(({ wrappingKeyUid }) =>
    dependantUids.includes(wrappingKeyUid),
  );
  if (named.length > 0) throw dependantsBehindHsm(uid, named.length);
  // The server renews no certificate of a pair.
  if (object.objectType === 'PrivateKey') requireSoundPair(findPair(candidate, object, context));
  return { uid, object, dependantUids, disarm: context.disarm };
}

/** Returns what a dry run says of it. */
export function foreseenRotation({ uid, object, disarm }: ServerRotation): Rotation {
  const { rotateName, rotateGeneration, rotateAutomatic } = object.attributes;
  const generation = rotateGeneration ?? 0;
  const isPair = object.objectType === 'PrivateKey';
  const replacementUid = rotateName === null ? '' : nextUid(rotateName, generation);
  return {
    uid,
    flow: 'server',
    replacementUid,
    ...(isPair ? { publicKeyReplacementUid: `${replacementUid}_pk` } : {}),
    inKeyset: rotateName !== null,
    generation: generation + 1,
    nextDeadline: null,
    policy: {
      intervalSeconds: disarm ? 0 : object.attributes.rotateInterval,
      offsetSeconds: disarm ? null : object.attributes.rotateOffset,
      automatic: rotateAutomatic,
      keyset: rotateName,
    },
    changes: [],
    rewrapping: null,
    notices: [],
  };
}
