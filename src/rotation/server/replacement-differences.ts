// Whether what a server made of a key looks like a rotation (storage format §6.5, §6.10): the last step of each. What a
// server does otherwise by design is not a difference; kms-rotation(7) lists it. Pure.
import { linkTo } from '../../kmip/attributes.js';
import { algorithmOf, type ManagedObject } from '../../kmip/managed-object.js';
import { quoted } from '../../text/phrases.js';
import type { PolicyView } from '../policy-text.js';
import type { ServerIntent } from './server-request.js';
import { curveIn } from './server-refusal.js';

/** A key, or one of a pair, and what replaced it. */
export interface ReplacedPair {
  readonly replaced: ManagedObject;
  readonly replacement: ManagedObject;
}

/** Says whether a replacement has the schedule that it is to have. */
export function isArmed({ attributes }: ManagedObject, wanted: PolicyView): boolean {
  const { rotateInterval, rotateOffset, rotateAutomatic } = attributes;
  const interval = wanted.intervalSeconds ?? 0;
  // The server sets the flag by itself where there is none.
  const automatic = wanted.automatic ?? rotateAutomatic;
  return (
    (rotateInterval ?? 0) === interval &&
    rotateOffset === wanted.offsetSeconds &&
    rotateAutomatic === automatic
  );
}

/** Returns what is not as a rotation leaves it, in words; nothing if all is. `intent` is of a key, or of a private key. */
export function replacementDifferences(
  { replaced, replacement }: ReplacedPair,
  intent: Pick<ServerIntent, 'generation' | 'names' | 'policy'> | null,
): readonly string[] {
  const [was, is] = [replaced.attributes, replacement.attributes];
  const name = quoted(replacement.uniqueIdentifier);
  const found: readonly (readonly [boolean, string])[] = [
    [replaced.state === 'Active', `${quoted(replaced.uniqueIdentifier)} is still Active`],
    [
      linkTo(was, 'ReplacementObjectLink') !== replacement.uniqueIdentifier,
      `${quoted(replaced.uniqueIdentifier)} does not link to ${name}`,
    ],
    [
      linkTo(is, 'ReplacedObjectLink') !== replaced.uniqueIdentifier,
      `${name} does not link to ${quoted(replaced.uniqueIdentifier)}`,
    ],
    [replacement.state !== 'Active', `${name} is ${replacement.state}`],
    [replacement.objectType !== replaced.objectType, `${name} is a ${replacement.objectType}`],
    [algorithmOf(replacement) !== algorithmOf(replaced), `${name} has another algorithm`],
    [is.cryptographicLength !== (was.cryptographicLength ?? 256), `${name} has another length`],
    [curveIn(replacement) !== curveIn(replaced), `${name} has another curve`],
    [
      is.cryptographicUsageMask !== was.cryptographicUsageMask &&
        was.cryptographicUsageMask !== null,
      `${name} has another usage mask`,
    ],
    [
      replacement.wrappingKeyUid !== replaced.wrappingKeyUid,
      `${name} is wrapped by ${replacement.wrappingKeyUid === null ? 'nothing' : quoted(replacement.wrappingKeyUid)}`,
    ],
    [
      is.rotateName !== was.rotateName,
      `${name} is ${is.rotateName === null ? 'in no keyset' : `in the keyset ${quoted(is.rotateName)}`}`,
    ],
    [is.rotateDate === null, `${name} has no Rotate Date`],
    [
      intent !== null && is.rotateGeneration !== intent.generation + 1,
      `${name} is generation ${is.rotateGeneration ?? 0}`,
    ],
    [
      intent !== null && JSON.stringify(is.names) !== JSON.stringify(intent.names),
      `${name} has another Name`,
    ],
  ];
  return found.flatMap(([differs, what]) => (differs ? [what] : []));
}
