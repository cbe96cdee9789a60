// States and dates through a rotation: which objects may be rotated on request (KMIP 2.1 §6.1.46), in what state the
// replaced object ends, and how dates that lie ahead move to the replacement.
import { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { State } from '../kmip/vocabulary.js';
import { assertUnambiguousKeyset, latestMember } from './keyset.js';
import { leftOversError } from './left-overs.js';
import { privateUidOf } from './related-objects.js';
import type { RotationCandidate } from './candidate.js';
import type { RetiringObject } from './retiring-object.js';
import { headUidOf } from './replacements.js';
import { hsmResident } from './exclusion.js';
import { uidArgument } from '../text/shell-word.js';

const ROTATABLE_STATES: readonly State[] = ['Active', 'Deactivated', 'Compromised'];

/** A revoked certificate is not renewed. */
const RENEWABLE_STATES: readonly State[] = ['Active', 'Deactivated'];

/**
 * Ensures that an object may be rotated now, due or not. `byServer`: the server is asked for what only a module opens.
 *
 * @throws KmsError HsmResident, PublicKey, AlreadyReplaced or WrongState.
 */
export function assertMayBeRotated(
  object: ManagedObject,
  candidate: RotationCandidate,
  byServer = false,
): void {
  const uid = object.uniqueIdentifier;
  const name = JSON.stringify(uid);
  const isInModule = isHsmUid(uid) || isHsmUid(object.wrappingKeyUid);
  if (isInModule && !byServer) throw hsmResident(uid);
  if (object.objectType === 'PublicKey') {
    throw new KmsError(
      'PublicKey',
      `${name} is a public key, which is rotated with its private key`,
      {
        uid,
        hint: `rotate its private key: kms rotate key ${uidArgument(privateUidOf(object) ?? 'UID')}`,
      },
    );
  }
  if (candidate.retiring !== null) throw retiringError(candidate.retiring, candidate);
  if (candidate.replacedBy !== null) {
    throw new KmsError(
      'AlreadyReplaced',
      `${name} is already replaced by ${JSON.stringify(candidate.replacedBy)}`,
      {
        uid,
        hint: `rotate the latest generation: kms key lineage shows it`,
      },
    );
  }
  const states = object.objectType === 'Certificate' ? RENEWABLE_STATES : ROTATABLE_STATES;
  if (!states.includes(object.state)) {
    throw new KmsError(
      'WrongState',
      `${name} is ${object.state}, not one of ${states.join(', ')}`,
      {
        uid,
        hint: 'only an object in one of these states can be rotated',
      },
    );
  }
}

function retiringError(retiring: RetiringObject, { relatedObjects }: RotationCandidate): KmsError {
  const { uid, endsAt } = retiring;
  const head = headUidOf(retiring, relatedObjects);
  return new KmsError(
    'AlreadyReplaced',
    `${JSON.stringify(uid)} is replaced by ${JSON.stringify(head)}, and stays Active only until ${formatInstant(endsAt)}`,
    { uid, hint: `rotate that one: kms rotate key ${uidArgument(head)}` },
  );
}

/**
 * Ensures that this object is the latest of its keyset, and that the uid of its next generation is free.
 *
 * @throws KmsError AmbiguousKeyset, or with `reason` if it is not the latest; KeysetConflict if the
 *   next uid is taken, or was by an object that left tags or grants.
 */
export function assertLatestOfKeyset(
  object: ManagedObject,
  candidate: RotationCandidate,
  reason: 'NotLatestOfKeyset' | 'KeysetConflict',
): void {
  const keyset = object.attributes.rotateName;
  if (keyset === null) return;
  const uid = object.uniqueIdentifier;
  const generation = object.attributes.rotateGeneration ?? 0;
  assertUnambiguousKeyset(keyset, candidate.keyset);
  const latest = latestMember(candidate.keyset);
  if (latest !== undefined && (latest.generation ?? 0) > generation) {
    throw new KmsError(
      reason,
      `${JSON.stringify(uid)} is not the latest of its keyset: ${JSON.stringify(latest.uid)} is`,
      {
        uid,
        hint:
          reason === 'KeysetConflict'
            ? `kms doctor --only keyset-heads says why, and --fix repairs it; or ${excluding(`${keyset}@${generation}`)}`
            : `rotate that one: kms rotate key ${uidArgument(latest.uid)}`,
      },
    );
  }
  const twin = candidate.keyset.find(
    (member) => member.uid !== uid && member.generation === generation,
  );
  if (twin !== undefined) {
    throw new KmsError(
      'KeysetConflict',
      `${JSON.stringify(uid)} and ${JSON.stringify(twin.uid)} are both generation ${generation} of their keyset`,
      {
        uid,
        hint: 'kms doctor --only uid-in-the-way says more: correct the Rotate Generation of one of them with the server that wrote it',
      },
    );
  }
  if (candidate.nextUidTaken) {
    throw new KmsError(
      'KeysetConflict',
      `the uid of the generation after ${JSON.stringify(uid)} is taken`,
      {
        uid,
        hint: `kms doctor --only uid-in-the-way says more: remove the object that has it with the server, or ${excluding(keyset)}`,
      },
    );
  }
  const { nextUidLeftOvers } = candidate;
  if (nextUidLeftOvers !== null) throw leftOversError('KeysetConflict', nextUidLeftOvers, uid);
}

function excluding(address: string): string {
  return `exclude this one from runs: kms policy set --no-automatic ${uidArgument(address)}`;
}

/** Returns the state of a replaced object: Deactivated, but a Compromised one stays Compromised. */
export function stateOfReplaced(state: State): State {
  return state === 'Compromised' ? state : 'Deactivated';
}

/** Says whether the Deactivation Date of an Active object has passed: whoever uses it finds it Deactivated. */
export function hasEnded({ state, attributes }: ManagedObject, now: EpochSeconds): boolean {
  const { deactivationDate } = attributes;
  return state === 'Active' && deactivationDate !== null && deactivationDate <= now;
}

export interface ShiftedDates {
  readonly DeactivationDate: EpochSeconds | undefined;
  readonly ProcessStartDate: EpochSeconds | undefined;
  readonly ProtectStopDate: EpochSeconds | undefined;
}

/**
 * Returns the dates of a replacement that is activated now. Dates of an Active object that lie ahead move by the
 * distance between the two Activation Dates (Initial Date where there is none), and never back, as the replacement
 * could end before it begins. Other dates are absent.
 */
export function datesOfReplacement(object: ManagedObject, now: EpochSeconds): ShiftedDates {
  const { attributes, state } = object;
  const from = attributes.activationDate ?? attributes.initialDate;
  const moved = (date: EpochSeconds | null) =>
    date === null || from === null || state !== 'Active' || date <= now
      ? undefined
      : date + Math.max(now - from, 0);
  return {
    DeactivationDate: moved(attributes.deactivationDate),
    ProcessStartDate: moved(attributes.processStartDate),
    ProtectStopDate: moved(attributes.protectStopDate),
  };
}
