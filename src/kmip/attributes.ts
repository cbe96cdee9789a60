// The attributes of a managed object (KMIP 2.1 §4), typed as far as rotation reads them; every member is kept as it was
// read. The column and an unwrapped object have them in the same form.
import type { EpochSeconds } from './date-time.js';
import type { JsonObject, JsonValue } from './json.js';
import { asMap, MalformedMember, memberReader, requiredText, withMembers } from './members.js';
import { tagsIn } from './vendor-attributes.js';
import {
  CRYPTOGRAPHIC_ALGORITHMS,
  KEY_FORMAT_TYPES,
  LINK_TYPES,
  OBJECT_TYPES,
  STATES,
  type LinkType,
  type ObjectType,
  type State,
} from './vocabulary.js';

interface Link {
  readonly linkType: LinkType;
  readonly linkedObjectIdentifier: string;
}

export interface Attributes {
  /** Every member, as read. */
  readonly members: JsonObject;
  readonly uniqueIdentifier: string | null;
  readonly objectType: ObjectType | null;
  readonly cryptographicAlgorithm: string | null;
  /** Bits. */
  readonly cryptographicLength: number | null;
  readonly cryptographicUsageMask: number | null;
  readonly keyFormatType: string | null;
  /** May be stale: the `state` column is the truth. */
  readonly state: State | null;
  readonly initialDate: EpochSeconds | null;
  readonly activationDate: EpochSeconds | null;
  readonly deactivationDate: EpochSeconds | null;
  readonly processStartDate: EpochSeconds | null;
  readonly protectStopDate: EpochSeconds | null;
  readonly names: readonly string[];
  readonly links: readonly Link[];
  readonly usageLimits: JsonObject | null;
  /** Seconds. */
  readonly rotateInterval: number | null;
  /** Seconds. */
  readonly rotateOffset: number | null;
  readonly rotateAutomatic: boolean | null;
  readonly rotateDate: EpochSeconds | null;
  readonly rotateName: string | null;
  readonly rotateGeneration: number | null;
  readonly vendorAttributes: readonly JsonValue[];
  readonly tags: readonly string[];
}

/** @throws MalformedMember naming the first member that is not what KMIP says. */
export function decodeAttributes(value: JsonValue | undefined, at: string): Attributes {
  const members = asMap(value, at);
  const read = memberReader(members, at);
  const vendorAttributes = read.list('Attribute');
  return {
    members,
    uniqueIdentifier: read.text('UniqueIdentifier'),
    objectType: read.enumeration('ObjectType', OBJECT_TYPES),
    cryptographicAlgorithm: read.openEnumeration(
      'CryptographicAlgorithm',
      CRYPTOGRAPHIC_ALGORITHMS,
    ),
    cryptographicLength: read.integer('CryptographicLength'),
    cryptographicUsageMask: read.integer('CryptographicUsageMask'),
    keyFormatType: read.openEnumeration('KeyFormatType', KEY_FORMAT_TYPES),
    state: read.enumeration('State', STATES),
    initialDate: read.dateTime('InitialDate'),
    activationDate: read.dateTime('ActivationDate'),
    deactivationDate: read.dateTime('DeactivationDate'),
    processStartDate: read.dateTime('ProcessStartDate'),
    protectStopDate: read.dateTime('ProtectStopDate'),
    names: read
      .list('Name')
      .map((name) => requiredText(asMap(name, `${at}.Name`), 'NameValue', `${at}.Name`)),
    links: read.list('Link').map((link, index) => decodeLink(link, `${at}.Link[${index}]`)),
    usageLimits: read.map('UsageLimits'),
    rotateInterval: read.integer('RotateInterval'),
    rotateOffset: read.integer('RotateOffset'),
    rotateAutomatic: read.boolean('RotateAutomatic'),
    rotateDate: read.dateTime('RotateDate'),
    rotateName: read.text('RotateName'),
    rotateGeneration: read.count('RotateGeneration'),
    vendorAttributes,
    tags: tagsIn(vendorAttributes, at),
  };
}

/** Returns the uid that a link of this type leads to, or null. */
export function linkTo(attributes: Attributes, linkType: LinkType): string | null {
  // With several of one type the last counts: the server's setter appends.
  const link = attributes.links.findLast((candidate) => candidate.linkType === linkType);
  return link?.linkedObjectIdentifier ?? null;
}

/** Returns the members with one link of this type, appended last as the server does. */
export function withLink(members: JsonObject, linkType: LinkType, uid: string): JsonObject {
  return withMembers(members, {
    Link: [
      ...linksOtherThan(members, linkType),
      { LinkType: linkType, LinkedObjectIdentifier: uid },
    ],
  });
}

/** Returns the members without links of this type. */
export function withoutLink(members: JsonObject, linkType: LinkType): JsonObject {
  const others = linksOtherThan(members, linkType);
  return withMembers(members, { Link: others.length === 0 ? undefined : others });
}

function linksOtherThan(members: JsonObject, linkType: LinkType): readonly JsonValue[] {
  const links = memberReader(members, 'attributes').list('Link');
  return links.filter((link) => decodeLink(link, 'attributes.Link').linkType !== linkType);
}

function decodeLink(value: JsonValue, at: string): Link {
  const members = asMap(value, at);
  const linkType = memberReader(members, at).enumeration('LinkType', LINK_TYPES);
  if (linkType === null) throw new MalformedMember(`${at}.LinkType`, 'a link type', undefined);
  return {
    linkType,
    linkedObjectIdentifier: requiredText(members, 'LinkedObjectIdentifier', at),
  };
}
