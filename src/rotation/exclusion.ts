// Which objects a run passes over whatever their policies say: not Active, replaced (also in their overlap), public keys,
// and those that a hardware security module keeps. eligibility.ts decides about the others.
import { KmsError } from '../errors.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { ObjectType } from '../kmip/vocabulary.js';
import type { RotationCandidate } from './candidate.js';
import { isInModule } from './related-objects.js';

/** What a run does about keys in a hardware security module, and keys under one, that are overdue: report or ignore. */
export const HSM_RULES = ['fail', 'leave'] as const;

/** `ask` and `ask-or-leave`: it asks the server to rotate them, and reports, or ignores, those that it may not ask for. */
export type HsmRule = (typeof HSM_RULES)[number] | 'ask' | 'ask-or-leave';

/** Returns what a run does about such keys, given what it does about those that no server can be asked for. */
export function hsmRule(rule: (typeof HSM_RULES)[number], hasServer: boolean): HsmRule {
  if (!hasServer) return rule;
  return rule === 'leave' ? 'ask-or-leave' : 'ask';
}

/** Says whether the server is asked to rotate what only its module opens. */
export function asksServer(rule: HsmRule = 'fail'): boolean {
  return rule === 'ask' || rule === 'ask-or-leave';
}

/** Says whether what no run can rotate is left to others, and nothing is said of it. */
export function leavesToOthers(rule: HsmRule = 'fail'): boolean {
  return rule === 'leave' || rule === 'ask-or-leave';
}

/** Why a run does not rotate an object, in the words of `Eligibility`. */
export type Exclusion =
  'not-active' | 'hsm-resident' | 'public-key' | 'already-replaced' | 'retiring';

/** Says whether a run has nothing to do with objects that are excluded so, and nothing to report of them. */
export function isPassedOver(exclusion: Exclusion | null, { hsm }: { readonly hsm?: HsmRule }) {
  // Whether the server may be asked for it, its object says, which is loaded for that.
  return exclusion !== null && (exclusion !== 'hsm-resident' || hsm === 'leave');
}

/** Returns why a run passes over a candidate, whatever its policy says; else null. */
export function exclusionOfCandidate({
  row,
  object,
  replacedBy,
  retiring,
  relatedObjects,
}: RotationCandidate): Exclusion | null {
  if (retiring !== null) return 'retiring';
  const known =
    object instanceof KmsError ? { wrappingKeyUid: row.wrappingKeyId, objectType: null } : object;
  const exclusion = exclusionOf({ uid: row.id, state: row.state, replacedBy, ...known });
  const isKept = exclusion === null && isInModule(known.wrappingKeyUid, relatedObjects);
  return isKept ? 'hsm-resident' : exclusion;
}

/** What it takes to know that a run passes over an object. */
export interface RowSummary {
  readonly uid: string;
  readonly state: string | null;
  readonly objectType: ObjectType | null;
  readonly wrappingKeyUid: string | null;
  /** The uid that its ReplacementObjectLink names, if that row exists. */
  readonly replacedBy: string | null;
}

/**
 * Returns why a run cannot rotate an object, whatever its policy says; else null. Only of `hsm-resident` it may have a
 * result all the same: the failure of one that is overdue.
 */
export function exclusionOf(rowSummary: RowSummary): Exclusion | null {
  if (rowSummary.objectType === 'PublicKey') return 'public-key';
  if (rowSummary.replacedBy !== null) return 'already-replaced';
  if (rowSummary.state !== 'Active') return 'not-active';
  const { uid, wrappingKeyUid } = rowSummary;
  return isHsmUid(uid) || isHsmUid(wrappingKeyUid) ? 'hsm-resident' : null;
}

/** Returns the failure of an object whose material nobody can make outside of its module. */
export function hsmResident(uid: string): KmsError {
  return new KmsError(
    'HsmResident',
    `${JSON.stringify(uid)} lives in a hardware security module, or under a key that does`,
    {
      uid,
      hint: 'rotate it with the server, or with the module’s own tools; to exclude it from runs, use kms policy set UID --no-automatic, or rotation.hsm = "leave" for all of them',
    },
  );
}
