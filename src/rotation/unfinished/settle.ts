// What becomes of a rotation that was never finished: it is completed, taken back, or told. The first rule that holds
// decides. flows/settlement/ writes the decision.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed } from '../../kmip/managed-object.js';
import { ageViolation } from './age.js';
import { byRule } from './by-rule.js';
import { CHOOSE, nameOf, told, uidOf, type Decision, type SettlementOptions } from './decision.js';
import { kindDifference, orderViolation } from './made-like-rotation.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from './unfinished-rotation.js';
import { quoted } from '../../text/phrases.js';

/** Returns what to do; null if there is no finding. */
export function decideUnfinished(
  rotation: UnfinishedRotation,
  options: SettlementOptions,
): Decision | null {
  const { replaced, leftovers, reserved, violation, nested } = rotation;
  if (isDestroyed(replaced.key) || leftovers.length === 0) return null;
  if (isCircle(rotation)) return told('each says that it replaces the other');
  if (violation !== null) return told(violation);
  const decision = byChoice(rotation, options) ?? byRule(rotation, options);
  if (decision === null) return null;
  const age = ageViolation([...leftovers.flatMap(({ chain }) => chain), ...nested], options);
  if (age !== null) return { kind: 'too-young', why: age };
  if (nested.length > 0)
    return told(
      `${nested.map(uidOf).join(' and ')} replaces one of them in turn: that comes first`,
    );
  if (decision.kind !== 'settle') return decision;
  if (!isChosen(rotation, options)) {
    const doubt = reserved ?? outOfOrder(rotation) ?? foreignIn(replaced, decision.rollBack);
    if (doubt !== null) return told(`${doubt}: ${CHOOSE}`);
  }
  const fault = faultOf(rotation, decision, options.now);
  return fault === null ? decision : told(fault);
}

/** Returns why one of them cannot have been made of the replaced object that is there now. */
function outOfOrder({ replaced, leftovers, successor }: UnfinishedRotation): string | null {
  const made = [...leftovers, ...(successor === null ? [] : [successor])];
  const violations = made.map((one) => orderViolation(replaced, one.made));
  return violations.find((violation) => violation !== null) ?? null;
}

/** Returns why one that would be taken back may be no leftover of a rotation at all. */
function foreignIn(replaced: Generation, rollBack: readonly Leftover[]): string | null {
  for (const leftover of rollBack) {
    const difference = kindDifference(replaced, leftover.made);
    if (difference !== null)
      return `${nameOf(leftover)} is not what a rotation would have made: ${difference}`;
  }
  return null;
}

/** Returns what would be worse after a settlement than before it, whoever wants it. */
function faultOf(
  { replaced, certificates, successor, unusable }: UnfinishedRotation,
  { keep, rollBack }: Extract<Decision, { kind: 'settle' }>,
  now: EpochSeconds,
): string | null {
  const uid = uidOf(replaced);
  const kept = keep === 'successor' ? successor : keep;
  const closed = kept === null ? unusable : kept.unusable;
  if (closed !== null) return closed;
  if (kept !== null) {
    // A certificate would be left without its key, and what it wraps with it.
    return certificates.length > 0 && replaced.key.state === 'Active'
      ? `the certificate ${certificates.map(quoted).join(' and ')} goes with ${uid}: renew it for a new key first`
      : null;
  }
  if (replaced.key.objectType === 'PrivateKey' && replaced.publicKey?.state !== 'Active')
    return `the public key of ${uid} is not there, or not Active`;
  const halved = rollBack.find(
    ({ made: { key, publicKey } }) => key.objectType === 'PrivateKey' && publicKey === null,
  );
  if (halved !== undefined) return `the public key of ${nameOf(halved)} is not there`;
  const { activationDate } = replaced.key.attributes;
  return activationDate !== null && activationDate > now ? `${uid} is not active yet` : null;
}

/** To complete one would retire both. */
function isCircle({ replaced, leftovers }: UnfinishedRotation): boolean {
  const back = linkTo(replaced.key.attributes, 'ReplacedObjectLink');
  return leftovers.some(({ chain }) =>
    chain.some(
      ({ key: { uniqueIdentifier: uid } }) => uid === back || uid === replaced.key.uniqueIdentifier,
    ),
  );
}

function byChoice(rotation: UnfinishedRotation, options: SettlementOptions): Decision | null {
  const { replaced, leftovers, successor } = rotation;
  const why = 'it was chosen with --keep';
  const isKept = (uids: readonly string[]) => options.keep.some((uid) => uids.includes(uid));
  const [chosen, another] = leftovers.filter(({ chain }) =>
    isKept(chain.flatMap(uidsOfGeneration)),
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
function isChosen(
  { replaced, leftovers, namedUid, loggedUid }: UnfinishedRotation,
  { keep }: Pick<SettlementOptions, 'keep'>,
): boolean {
  const uids = [
    ...uidsOfGeneration(replaced),
    ...leftovers.flatMap(({ chain }) => chain).flatMap(uidsOfGeneration),
    namedUid,
    loggedUid,
  ];
  return keep.some((uid) => uids.includes(uid));
}
