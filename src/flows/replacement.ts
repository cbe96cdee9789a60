// The replacement of an object as every operation makes it: its uid, its generation, and the attributes that it takes
// over (storage format §6.5). retirement.ts retires the replaced object.
import { KmsError } from '../errors.js';
import { encodeDateTime, LAST_INSTANT, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject, JsonValue } from '../kmip/json.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { MAX_INTEGER, memberReader, withMembers } from '../kmip/members.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { characterCount, MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { withTags } from '../kmip/vendor-attributes.js';
import { nextUid } from '../rotation/keyset.js';
import { datesOfReplacement } from '../rotation/lifecycle.js';
import { deadlineOf, earlierOf } from '../rotation/deadline.js';
import { deadlineByEnds } from '../rotation/ends.js';
import type { PolicyView } from '../rotation/policy-text.js';
import type { RotationContext } from './rotation-context.js';

export interface Replacement {
  readonly uid: string;
  readonly generation: number;
  readonly nextDeadline: EpochSeconds | null;
  /** Column attributes, without those that depend on its material. */
  readonly attributes: JsonObject;
}

/**
 * Attributes that a replacement does not take over (KMIP 2.1 table of Re-Key attributes, §6.5). By
 * RotateLastWarningDays a server remembers which warning it has given of the replaced object.
 */
const NOT_CARRIED = absent([
  'ArchiveDate',
  'CompromiseDate',
  'CompromiseOccurrenceDate',
  'DestroyDate',
  'Digest',
  'Link',
  'RevocationReason',
  'RotateLastWarningDays',
]);

/** Attributes of a rotation's state, which a replacement has only in the column (§6.5). */
const COLUMN_ONLY = absent([
  'RotateDate',
  'RotateGeneration',
  'RotateInterval',
  'RotateLatest',
  'RotateName',
  'RotateOffset',
]);

/**
 * Returns the uid, generation, schedule and carried-over attributes of an object's replacement. Its uid follows
 * from its keyset or is random, unless it is given, as a public key's is.
 */
export function replacementFor(
  replaced: ManagedObject,
  context: RotationContext,
  systemTag: string,
  givenUid: string | null = null,
): Replacement {
  const { now } = context;
  const { attributes } = replaced;
  const generation = nextGeneration(replaced);
  const uid = givenUid ?? replacementUid(replaced, context);
  const date = encodeDateTime(now);
  const ahead = datesOfReplacement(replaced, now);
  const interval = attributes.members['RotateInterval'];
  const carried = withMembers(attributes.members, NOT_CARRIED);
  const members = withMembers(carried, {
    UniqueIdentifier: uid,
    State: 'Active',
    InitialDate: date,
    OriginalCreationDate: date,
    LastChangeDate: date,
    ActivationDate: date,
    DeactivationDate: shifted(ahead.DeactivationDate),
    ProcessStartDate: shifted(ahead.ProcessStartDate),
    ProtectStopDate: shifted(ahead.ProtectStopDate),
    Link: [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: replaced.uniqueIdentifier }],
    UsageLimits: refilled(attributes.usageLimits),
    RotateDate: date,
    RotateGeneration: generation,
    RotateInterval: context.disarm ? 0 : interval,
    // Like a server's Re-Key by hand, which clears both.
    RotateOffset: context.disarm ? undefined : attributes.members['RotateOffset'],
    RotateLatest: true,
    Attribute: withTags(attributes.vendorAttributes, withTag(attributes.tags, systemTag)),
  });
  return {
    uid,
    generation,
    nextDeadline: nextDeadline(members, now, context),
    attributes: members,
  };
}

/**
 * Returns the embedded copy of a replacement's attributes. Of rotation it has only Rotate Automatic; its usage mask, by
 * which the server lets a key unwrap, comes from the embedded copy of the replaced object.
 */
export function embeddedAttributesOf(column: JsonObject, { keyBlock }: ManagedObject): JsonObject {
  const mask = keyBlock?.attributes?.cryptographicUsageMask ?? null;
  const embedded = withMembers(column, COLUMN_ONLY);
  return mask === null ? embedded : withMembers(embedded, { CryptographicUsageMask: mask });
}

/** Returns what a rotation says of an object and its replacement, whatever the operation. */
export function rotationSummary(replaced: ManagedObject, replacement: Replacement) {
  return {
    uid: replaced.uniqueIdentifier,
    replacementUid: replacement.uid,
    inKeyset: replaced.attributes.rotateName !== null,
    generation: replacement.generation,
    nextDeadline: replacement.nextDeadline,
    policy: policyIn(replacement.attributes),
  };
}

/** The members were decoded with the replaced object's. */
function policyIn(members: JsonObject): PolicyView {
  const read = memberReader(members, 'attributes');
  return {
    intervalSeconds: read.integer('RotateInterval'),
    offsetSeconds: read.integer('RotateOffset'),
    automatic: read.boolean('RotateAutomatic'),
    keyset: read.text('RotateName'),
  };
}

function nextGeneration({ attributes, uniqueIdentifier: uid }: ManagedObject): number {
  const generation = attributes.rotateGeneration ?? 0;
  if (generation < MAX_INTEGER) return generation + 1;
  throw new KmsError('Unsupported', 'its generation number cannot become any greater', {
    uid,
    hint: 'create a new key in a new keyset',
  });
}

function replacementUid(replaced: ManagedObject, context: RotationContext): string {
  const { rotateName, rotateGeneration } = replaced.attributes;
  const uid = replaced.uniqueIdentifier;
  const refuse = (why: string, hint: string) => new KmsError('Unsupported', why, { uid, hint });
  if (rotateName === null) return context.newUid();
  if (rotateName === '' || rotateName.includes('@')) {
    throw refuse(
      `its Rotate Name ${JSON.stringify(rotateName)} cannot name a keyset`,
      'give it a name without @ with the server that wrote it',
    );
  }
  const next = nextUid(rotateName, rotateGeneration ?? 0);
  if (characterCount(next) <= MAX_UID_LENGTH) return next;
  throw refuse(
    `the uid of its next generation is longer than ${MAX_UID_LENGTH} characters`,
    'give the keyset a shorter name with the server that wrote it',
  );
}

/** A date past the year 9999, which means never, becomes the last instant that a date can hold. */
function shifted(date: EpochSeconds | undefined): readonly number[] | undefined {
  return date === undefined ? undefined : encodeDateTime(Math.min(date, LAST_INSTANT));
}

/** Returns Usage Limits that are full again: a server counts the total down, others the count. */
function refilled(usageLimits: JsonObject | null): JsonObject | undefined {
  if (usageLimits === null) return undefined;
  const full = greaterOf(usageLimits['UsageLimitsTotal'], usageLimits['UsageLimitsCount']);
  return withMembers(usageLimits, { UsageLimitsTotal: full, UsageLimitsCount: full });
}

/** Returns the greater of two integers; if only one is an integer, that one. */
function greaterOf(
  one: JsonValue | undefined,
  other: JsonValue | undefined,
): JsonValue | undefined {
  if (!isInteger(one)) return other;
  return isInteger(other) && other > one ? other : one;
}

function isInteger(value: JsonValue | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function withTag(tags: readonly string[], tag: string): readonly string[] {
  return tags.includes(tag) ? tags : [...tags, tag];
}

function nextDeadline(
  members: JsonObject,
  now: EpochSeconds,
  context: RotationContext,
): EpochSeconds | null {
  if (declinesRotation(members) !== null) return null;
  const interval = members['RotateInterval'];
  if (typeof interval !== 'number') return null;
  const scheduled = deadlineOf(
    { intervalSeconds: interval, rotateDate: now, initialDate: null, offsetSeconds: null },
    context.firstDeadline,
  );
  const lifetime = { members, counterpart: null, validity: null };
  return earlierOf(scheduled, deadlineByEnds(lifetime, context.ends).deadline).at;
}

function absent(members: readonly string[]): JsonObject {
  return Object.fromEntries(members.map((member) => [member, undefined]));
}
