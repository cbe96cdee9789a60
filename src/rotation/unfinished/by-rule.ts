// The rules by which a rotation that was never finished is settled; the first that holds decides. What somebody chooses, and
// what nobody may do, is in settle.ts.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { hasEnded } from '../lifecycle.js';
import { CHOOSE, nameOf, told, uidOf, type Decision, type SettlementOptions } from './decision.js';
import { differenceFromRotation, kindDifference } from './made-like-rotation.js';
import type { Leftover, UnfinishedRotation } from './unfinished-rotation.js';
import { hasGreaterLimits, OWN_NAME, usesOfLeftover } from './uses-of-leftover.js';
import { quoted } from '../../text/phrases.js';

/** Returns what to do; null if that is another finding. */
export function byRule(rotation: UnfinishedRotation, options: SettlementOptions): Decision | null {
  const { replaced, leftovers, namedUid, loggedUid, missingUid } = rotation;
  const uid = uidOf(replaced);
  if (missingUid !== null)
    return told(`${uid} was replaced by ${quoted(missingUid)}, which is not there: ${CHOOSE}`);
  const known = leftovers.find(({ made }) => {
    const own = made.key.uniqueIdentifier;
    // Of a pair, the public key alone may have been written back.
    return own === loggedUid || (loggedUid === null && own === namedUid);
  });
  if (known !== undefined && (namedUid === null || namedUid === known.made.key.uniqueIdentifier)) {
    if (loggedUid === null && leftovers.length > 1)
      return fork(
        `${uid} is replaced by ${nameOf(known)}, and the log of kms does not say which is right`,
      );
    const why = `the log of kms, or its counterpart, says that ${uid} was replaced by it: a server’s cache has written ${uid} back`;
    return settleFor(rotation, known, why);
  }
  if (namedUid !== null || loggedUid !== null) return byOtherReplacement(rotation);
  if (replaced.key.state !== 'Active') return ofInactive(rotation, options);
  if (isInKeyset(rotation)) return null;
  const { rotateName } = replaced.key.attributes;
  const members = leftovers.filter(({ made }) => made.key.attributes.rotateName === rotateName);
  return rotateName !== null && members.length > 0
    ? told(
        `${members.map(nameOf).join(' and ')} is in the keyset ${quoted(rotateName)}, which comes first`,
      )
    : byEvidence(rotation, options);
}

/** It was retired without a word about its replacement; the only one gets what a rotation would have given it. */
function ofInactive(rotation: UnfinishedRotation, { now }: SettlementOptions): Decision {
  const { replaced, leftovers } = rotation;
  const { state } = replaced.key;
  const uid = uidOf(replaced);
  const [only, another] = leftovers;
  if (state === 'PreActive' || only === undefined) return told(`${uid} is not Active yet`);
  if (another !== undefined) return told(`${uid} is ${state}, and several replace it: ${CHOOSE}`);
  const difference = differenceOf(rotation, only, now);
  if (difference !== null) return told(difference);
  const why = `${uid} is ${state}, and nothing else replaces it`;
  return { kind: 'settle', keep: only, inherits: true, rollBack: [], why };
}

/** Returns how a leftover, or its latest generation, differs from what a rotation would have made. */
function differenceOf(
  { replaced }: UnfinishedRotation,
  leftover: Leftover,
  now: EpochSeconds,
): string | null {
  const difference =
    kindDifference(replaced, leftover.made) ??
    differenceFromRotation(replaced, leftover.live, now) ??
    leftover.fault;
  return difference === null
    ? null
    : `${nameOf(leftover)} is not what a rotation would have made: ${difference}`;
}

/** Keysets have a rule of their own: the highest generation is the head. */
function isInKeyset({ replaced, leftovers }: UnfinishedRotation): boolean {
  const { rotateName } = replaced.key.attributes;
  return (
    rotateName !== null &&
    leftovers.every(({ made }) => made.key.attributes.rotateName === rotateName)
  );
}

function byOtherReplacement(rotation: UnfinishedRotation): Decision {
  const { replaced, namedUid, loggedUid, successor } = rotation;
  const uid = replaced.key.uniqueIdentifier;
  const named = namedUid ?? loggedUid ?? '';
  const both = `${quoted(uid)} is replaced by ${quoted(named)}`;
  if (loggedUid === null) return fork(`${both}, and the log of kms does not say which is right`);
  if (namedUid !== null && namedUid !== loggedUid)
    return fork(`${both}, but it was ${quoted(loggedUid)} by the log of kms`);
  if (successor?.live.key.state !== 'Active')
    return fork(`${both}, which has no Active generation`);
  if (linkTo(successor.made.key.attributes, 'ReplacedObjectLink') !== uid)
    return fork(`${both}, which does not say so`);
  return settleFor(rotation, 'successor', `by the log of kms ${both}`);
}

function fork(why: string): Decision {
  return { kind: 'told', code: 'fork', why: `${why}: ${CHOOSE}` };
}

/** Rolls the others back, unless anything but wrapping uses one. */
function settleFor(
  rotation: UnfinishedRotation,
  keep: 'successor' | Leftover,
  why: string,
): Decision {
  const rollBack = rotation.leftovers.filter((leftover) => leftover !== keep);
  const used = rollBack.flatMap((leftover) =>
    usesOfLeftover(leftover, rotation, { wrapping: false }).map(
      (use) => `${quoted(leftover.made.key.uniqueIdentifier)} ${use}`,
    ),
  );
  if (used.length > 0) return fork(`${why}, but ${used.join('; ')}`);
  return { kind: 'settle', keep, inherits: false, rollBack, why };
}

function byEvidence(rotation: UnfinishedRotation, { now }: SettlementOptions): Decision {
  const { replaced, leftovers } = rotation;
  const greater = leftovers.find((leftover) => hasGreaterLimits(leftover, replaced.key));
  if (greater !== undefined)
    return told(`the Usage Limits of ${nameOf(greater)} are above those that it was made from`);
  const used = leftovers.filter((leftover) => usesIn(rotation, leftover).length > 0);
  const isOver = hasEnded(replaced.key, now);
  if (used.length > 1) return told(`${used.map(nameOf).join(' and ')} are in use: ${CHOOSE}`);
  const [kept] = used.length === 1 ? used : isOver ? leftovers : [];
  if (kept === undefined) {
    const why = `nothing shows that it is used; use by its uid alone leaves no trace`;
    return { kind: 'settle', keep: null, inherits: false, rollBack: leftovers, why };
  }
  if (used.length === 0 && leftovers.length > 1)
    return told(
      `${quoted(replaced.key.uniqueIdentifier)} has ended, and several replace it: ${CHOOSE}`,
    );
  const difference = differenceOf(rotation, kept, now);
  if (difference !== null) return told(difference);
  const reasons = usesIn(rotation, kept);
  if (reasons.every((reason) => reason === OWN_NAME) && !isOver)
    return told(
      `the names of ${nameOf(kept)} and ${uidOf(replaced)} differ, and nothing else shows that it is used: ${CHOOSE}`,
    );
  return {
    kind: 'settle',
    keep: kept,
    inherits: true,
    rollBack: leftovers.filter((leftover) => leftover !== kept),
    why:
      reasons.length > 0
        ? `it is in use: it ${reasons.join(', it ')}`
        : `${quoted(replaced.key.uniqueIdentifier)} has ended by its Deactivation Date`,
  };
}

function usesIn(rotation: UnfinishedRotation, leftover: Leftover): readonly string[] {
  return usesOfLeftover(leftover, rotation, { wrapping: true });
}
