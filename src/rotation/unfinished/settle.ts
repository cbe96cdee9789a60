// What becomes of a rotation that was never finished: it is completed, taken back, or told. The first rule that holds
// decides. flows/settlement/ writes the decision.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed } from '../../kmip/managed-object.js';
import { hasEnded } from '../lifecycle.js';
import { ageViolation, type AgeOptions } from './age.js';
import { differenceFromRotation } from './made-like-rotation.js';
import { uidsOfGeneration, type Leftover, type UnfinishedRotation } from './unfinished-rotation.js';
import { hasGreaterLimits, usesOfLeftover } from './uses-of-leftover.js';

export interface SettlementOptions extends AgeOptions {
  readonly now: EpochSeconds;
  /** Uids that somebody has chosen to keep. */
  readonly keep: readonly string[];
}

export type Decision =
  | {
      readonly kind: 'settle';
      /** The leftover, or what is named or logged, that replaces the object; null if it stays as it is. */
      readonly keep: 'successor' | Leftover | null;
      /** Whether the kept one gets policy, tags and grants of the replaced object. */
      readonly inherits: boolean;
      readonly rollBack: readonly Leftover[];
      readonly why: string;
    }
  | {
      readonly kind: 'told';
      readonly code: 'unfinished-rotation' | 'fork';
      readonly why: string;
    }
  | { readonly kind: 'too-young'; readonly why: string };

/** Returns what to do; null if there is no finding. */
export function decideUnfinished(
  rotation: UnfinishedRotation,
  options: SettlementOptions,
): Decision | null {
  const { replaced, leftovers, reserved } = rotation;
  if (isDestroyed(replaced.key) || leftovers.length === 0) return null;
  if (isCircle(rotation)) return told('each says that it replaces the other');
  const decision = byChoice(rotation, options) ?? byRule(rotation, options);
  if (decision === null) return null;
  const age = ageViolation(
    leftovers.map(({ made }) => made),
    options,
  );
  if (age !== null) return { kind: 'too-young', why: age };
  if (decision.kind === 'settle' && reserved !== null && !isChosen(rotation, options))
    return { kind: 'told', code: 'unfinished-rotation', why: `${reserved}: ${CHOOSE}` };
  return decision;
}

/** To complete one would retire both. */
function isCircle({ replaced, leftovers }: UnfinishedRotation): boolean {
  const back = linkTo(replaced.key.attributes, 'ReplacedObjectLink');
  return leftovers.some(({ made, live }) =>
    [made, live].some(
      ({ key: { uniqueIdentifier: uid } }) => uid === back || uid === replaced.key.uniqueIdentifier,
    ),
  );
}

const CHOOSE = 'say which one to keep with --keep UID';

function byChoice(rotation: UnfinishedRotation, options: SettlementOptions): Decision | null {
  const { replaced, leftovers, successor } = rotation;
  const why = 'it was chosen with --keep';
  const isKept = (uids: readonly string[]) => options.keep.some((uid) => uids.includes(uid));
  const [chosen, another] = leftovers.filter(({ made, live }) =>
    isKept([...uidsOfGeneration(made), ...uidsOfGeneration(live)]),
  );
  if (another !== undefined) return told('--keep names several of them: only one can be kept');
  if (chosen !== undefined) {
    const others = leftovers.filter((leftover) => leftover !== chosen);
    const rollBack = isSame(successor, chosen) ? others : [...others, ...listOf(successor)];
    return { kind: 'settle', keep: chosen, inherits: true, rollBack, why };
  }
  const names = [rotation.namedUid, rotation.loggedUid].filter((uid) => uid !== null);
  if (successor !== null && isKept([...uidsOfGeneration(successor.live), ...names]))
    return { kind: 'settle', keep: 'successor', inherits: false, rollBack: leftovers, why };
  if (replaced.key.state === 'Active' && isKept(uidsOfGeneration(replaced)))
    return { kind: 'settle', keep: null, inherits: false, rollBack: leftovers, why };
  return null;
}

function isSame(one: Leftover | null, other: Leftover): boolean {
  return one?.made.key.uniqueIdentifier === other.made.key.uniqueIdentifier;
}

/** One that is retired already has nothing that could be taken back. */
function listOf(successor: Leftover | null): readonly Leftover[] {
  return successor?.live.key.state === 'Active' ? [successor] : [];
}

/** Says whether --keep names one of these. */
export function isChosen(
  { replaced, leftovers, namedUid, loggedUid }: UnfinishedRotation,
  { keep }: Pick<SettlementOptions, 'keep'>,
): boolean {
  const uids = [
    ...uidsOfGeneration(replaced),
    ...leftovers.flatMap(({ made, live }) => [
      ...uidsOfGeneration(made),
      ...uidsOfGeneration(live),
    ]),
    namedUid,
    loggedUid,
  ];
  return keep.some((uid) => uids.includes(uid));
}

function byRule(rotation: UnfinishedRotation, options: SettlementOptions): Decision | null {
  const { replaced, leftovers, namedUid, loggedUid } = rotation;
  const uid = replaced.key.uniqueIdentifier;
  const known = leftovers.find(({ made }) => {
    const own = made.key.uniqueIdentifier;
    // Of a pair, the public key alone may have been written back.
    return own === loggedUid || (loggedUid === null && own === namedUid);
  });
  if (known !== undefined && (namedUid === null || namedUid === known.made.key.uniqueIdentifier)) {
    const why = `our log, or its counterpart, says that ${quoted(uid)} was replaced by it: a server’s cache has written ${quoted(uid)} back`;
    return settleFor(rotation, known, why);
  }
  if (namedUid !== null || loggedUid !== null) return byOtherReplacement(rotation);
  if (replaced.key.state !== 'Active') {
    const [only] = leftovers;
    if (replaced.key.state === 'PreActive') return told(`${quoted(uid)} is not Active yet`);
    if (only !== undefined && leftovers.length === 1)
      return settleFor(
        rotation,
        only,
        `${quoted(uid)} is ${replaced.key.state}, and nothing else replaces it`,
      );
    return told(`${quoted(uid)} is ${replaced.key.state}, and several replace it: ${CHOOSE}`);
  }
  return isInKeyset(rotation) ? null : byEvidence(rotation, options);
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
  const fork = (why: string): Decision => ({
    kind: 'told',
    code: 'fork',
    why: `${why}: ${CHOOSE}`,
  });
  if (loggedUid === null) return fork(`${both}, and our log does not say which is right`);
  if (namedUid !== null && namedUid !== loggedUid)
    return fork(`${both}, but by our log it was ${quoted(loggedUid)}`);
  if (successor?.live.key.state !== 'Active')
    return fork(`${both}, which has no Active generation`);
  return settleFor(rotation, 'successor', `by our log ${both}`);
}

/** Rolls the others back, unless anything but wrapping uses one. */
function settleFor(
  { replaced, leftovers }: UnfinishedRotation,
  keep: 'successor' | Leftover,
  why: string,
): Decision {
  const rollBack = leftovers.filter((leftover) => leftover !== keep);
  const used = rollBack.flatMap((leftover) =>
    usesOfLeftover(leftover, replaced.key, { wrapping: false }).map(
      (use) => `${quoted(leftover.made.key.uniqueIdentifier)} ${use}`,
    ),
  );
  if (used.length > 0)
    return { kind: 'told', code: 'fork', why: `${why}, but ${used.join('; ')}: ${CHOOSE}` };
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
  const difference = differenceFromRotation(replaced, kept.live, now);
  if (difference !== null)
    return told(`${nameOf(kept)} is not what a rotation would have made: ${difference}`);
  const reasons = usesIn(rotation, kept);
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

function usesIn({ replaced }: UnfinishedRotation, leftover: Leftover): readonly string[] {
  return usesOfLeftover(leftover, replaced.key, { wrapping: true });
}

function told(why: string): Decision {
  return { kind: 'told', code: 'unfinished-rotation', why };
}

function nameOf({ made }: Leftover): string {
  return quoted(made.key.uniqueIdentifier);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
