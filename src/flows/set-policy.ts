// Sets and clears the rotation policy of an object, as SetAttribute and DeleteAttribute of the server leave it (storage
// format §3.3, §4): in the column and, unless the object is wrapped, embedded.
import { KmsError } from '../errors.js';
import type { JsonObject } from '../kmip/json.js';
import { withAttributes, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import { characterCount, isHsmUid, MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { nextUid } from '../rotation/keyset.js';
import { privateUidOf } from '../rotation/related-objects.js';
import { ROTATABLE_TYPES, type PolicyChange } from '../rotation/policy-rules.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { type Eligibility } from '../rotation/eligibility.js';
import { exclusionOf } from '../rotation/exclusion.js';
import type { RowReplacement } from './change.js';

const POLICY_MEMBERS = ['RotateAutomatic', 'RotateInterval', 'RotateOffset'] as const;
const KEYSET_MEMBERS = ['RotateGeneration', 'RotateLatest', 'RotateName'] as const;

/**
 * Returns the row with its policy changed, or null if it has that policy already.
 *
 * @throws KmsError if the object cannot have such a policy: HsmResident, PublicKey, AlreadyReplaced,
 *   WrongState, Unsupported, or why its row cannot be decoded.
 */
export function setPolicy(
  candidate: RotationCandidate,
  change: PolicyChange,
): RowReplacement | null {
  const object = requireRotatable(candidate, change);
  const { rotateName, rotateAutomatic, rotateInterval } = object.attributes;
  const interval = change.intervalSeconds ?? 0;
  // A row that has the interval but no flag is armed, and stays as it is.
  const arming = interval > 0 && interval !== rotateInterval;
  const automatic = change.automatic ?? rotateAutomatic ?? (arming ? true : undefined);
  const enrolled = change.keyset === true && rotateName === null ? enrolment(object) : {};
  return changed(object, {
    ...enrolled,
    ...(change.intervalSeconds === undefined ? {} : { RotateInterval: change.intervalSeconds }),
    ...(change.offsetSeconds === undefined ? {} : { RotateOffset: change.offsetSeconds }),
    ...(automatic === undefined ? {} : { RotateAutomatic: automatic }),
  });
}

/**
 * Returns the row without interval, offset and automatic flag, or null if it has none. A keyset stays one:
 * what was encrypted is found by its generations.
 *
 * @throws KmsError HsmResident, or why its row cannot be decoded.
 */
export function clearPolicy({ object }: RotationCandidate): RowReplacement | null {
  if (object instanceof KmsError) throw object;
  if (isHsmUid(object.uniqueIdentifier) || isHsmUid(object.wrappingKeyUid)) {
    throw refusal(object, 'HsmResident', null);
  }
  return changed(object, Object.fromEntries(POLICY_MEMBERS.map((name) => [name, undefined])));
}

/**
 * Returns why no run would ever rotate an object, now or once it is Active; null if one would. An object of a hardware
 * security module may be left to others, or no longer be: Rotate Automatic is all that can change.
 */
export function policyViolation(
  object: ManagedObject,
  replacedBy: string | null,
  change: PolicyChange | null,
): KmsError | null {
  const state = object.state === 'PreActive' ? 'Active' : object.state;
  const exclusion = exclusionOf({ ...rowSummaryOf(object), state, replacedBy });
  if (exclusion === 'hsm-resident' && change !== null && isAboutAutomaticAlone(change)) return null;
  const reason = exclusion === null ? undefined : REFUSALS[exclusion];
  if (reason !== undefined) return refusal(object, reason, replacedBy);
  if (ROTATABLE_TYPES.some((type) => type === object.objectType)) return null;
  return refusal(object, 'Unsupported', replacedBy);
}

function isAboutAutomaticAlone({ automatic, ...others }: PolicyChange): boolean {
  return automatic !== undefined && Object.values(others).every((value) => value === undefined);
}

function requireRotatable(
  { object, replacedBy }: RotationCandidate,
  change: PolicyChange,
): ManagedObject {
  if (object instanceof KmsError) throw object;
  const violation = policyViolation(object, replacedBy, change);
  if (violation !== null) throw violation;
  return object;
}

function rowSummaryOf(object: ManagedObject) {
  const { uniqueIdentifier: uid, state, objectType, wrappingKeyUid } = object;
  return { uid, state, objectType, wrappingKeyUid };
}

const REFUSALS: Partial<Record<Eligibility, Refusal>> = {
  'hsm-resident': 'HsmResident',
  'public-key': 'PublicKey',
  'already-replaced': 'AlreadyReplaced',
  'not-active': 'WrongState',
};

type Refusal = 'HsmResident' | 'PublicKey' | 'AlreadyReplaced' | 'WrongState' | 'Unsupported';

function refusal(object: ManagedObject, reason: Refusal, replacedBy: string | null): KmsError {
  const uid = object.uniqueIdentifier;
  const told: Readonly<Record<Refusal, readonly [what: string, hint: string]>> = {
    HsmResident: [
      'lives in a hardware security module, or under a key that does',
      'schedule its rotation with the server or the module’s own tools; --no-automatic excludes it from runs',
    ],
    PublicKey: [
      'is a public key, which is rotated with its private key',
      `name its private key: ${privateUidOf(object) ?? 'UID'}`,
    ],
    AlreadyReplaced: [
      `is already replaced by ${JSON.stringify(replacedBy)}`,
      'name the latest generation: kms key lineage shows it',
    ],
    WrongState: [
      `is ${object.state}, and no run rotates it`,
      'only Active and PreActive objects can have a policy',
    ],
    Unsupported: [
      `is of type ${object.objectType}, which cannot be rotated`,
      `a policy is for objects of type ${ROTATABLE_TYPES.join(', ')}`,
    ],
  };
  const [what, hint] = told[reason];
  return new KmsError(reason, `${JSON.stringify(uid)} ${what}`, { uid, hint });
}

/** The members of generation 0 (storage format §6.4). */
function enrolment({ uniqueIdentifier: uid }: ManagedObject): JsonObject {
  const refuse = (why: string) =>
    new KmsError('Unsupported', `${JSON.stringify(uid)} cannot name a keyset: ${why}`, {
      uid,
      hint: 'leave the keyset out: the key can be rotated without one',
    });
  if (uid.includes('@')) throw refuse('its uid contains @');
  if (characterCount(nextUid(uid, 0)) > MAX_UID_LENGTH) {
    throw refuse(
      `the uid of its next generation would be longer than ${MAX_UID_LENGTH} characters`,
    );
  }
  return { RotateName: uid, RotateGeneration: 0, RotateLatest: true };
}

function changed(object: ManagedObject, desired: JsonObject): RowReplacement | null {
  const { row, state, attributes } = object;
  const column = withMembers(attributes.members, desired);
  const embedded = object.keyBlock?.attributes?.members ?? null;
  if (isSo(attributes.members, column) && (embedded === null || agrees(embedded, column))) {
    return null;
  }
  // The server's SetAttribute sets this copy of the state to the true one (storage format §1.7).
  const written = withMembers(column, { State: state });
  const absent = POLICY_MEMBERS.filter((name) => written[name] === undefined);
  const after: ObjectRow = withAttributes(object, {
    state,
    attributes: written,
    embedded:
      embedded === null
        ? null
        : withMembers(embedded, {
            ...written,
            ...Object.fromEntries(absent.map((name) => [name, undefined])),
            // The server lets a key unwrap by this copy of its mask: what it has wrapped must stay readable.
            CryptographicUsageMask:
              embedded['CryptographicUsageMask'] ?? written['CryptographicUsageMask'],
          }),
  });
  return { before: row, after };
}

function isSo(before: JsonObject, after: JsonObject): boolean {
  return [...POLICY_MEMBERS, ...KEYSET_MEMBERS].every((name) => before[name] === after[name]);
}

/** Says whether no embedded copy contradicts the column: GetAttributes returns the embedded one. */
function agrees(embedded: JsonObject, column: JsonObject): boolean {
  return POLICY_MEMBERS.every(
    (name) => embedded[name] === undefined || embedded[name] === column[name],
  );
}
