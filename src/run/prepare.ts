// Decides what to do with an object that was loaded just before, and prepares its rotation: one that a schedule asks
// for, or one that somebody asked for by name. flows/ make the rotation; nothing is written here.
import { KmsError } from '../errors.js';
import type { Rotation } from '../flows/change.js';
import { prepareRotation } from '../flows/prepare-rotation.js';
import { serverRotation, type ServerRotation } from '../flows/server-rotation.js';
import { formatInstant } from '../kmip/date-time.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Deadline } from '../rotation/deadline.js';
import { yieldsResult } from '../rotation/eligibility.js';
import { asksServer, leavesToOthers, type HsmRule } from '../rotation/exclusion.js';
import { isKeptByModule } from '../rotation/server/server-refusal.js';
import { assertLatestOfKeyset, assertMayBeRotated } from '../rotation/lifecycle.js';
import { evaluated } from '../survey/evaluated-candidate.js';
import type { Run } from './context.js';
import type { RotationContext } from '../flows/rotation-context.js';
import { uidArgument } from '../text/shell-word.js';

/** Why nothing is written: another run has rotated it (`skipped`), or it is no longer due and has no result. */
export type NothingToDo = 'skipped' | 'no-longer-due';

/** Prepares an object that was due when the run was planned. @throws KmsError why it cannot be rotated. */
export async function prepareDue(
  candidate: RotationCandidate,
  context: RotationContext,
  { state, hsm }: Pick<Run, 'state' | 'hsm'>,
): Promise<Rotation | ServerRotation | NothingToDo> {
  if (state.isRetired(candidate.row.id)) return 'no-longer-due';
  const { now, firstDeadline, ends } = context;
  const options = { now, firstDeadline, ends, hsm, withinSeconds: 0 };
  const { evaluation } = evaluated(candidate, options);
  const { eligibility, failure, deadline } = evaluation;
  if (failure !== null) throw failure;
  // The plan holds no replaced object, so it was replaced after the plan was made.
  if (eligibility === 'already-replaced' || eligibility === 'retiring') return 'skipped';
  if (!yieldsResult(evaluation)) return 'no-longer-due';
  if (!(candidate.object instanceof KmsError)) {
    assertLatestOfKeyset(candidate.object, candidate, 'KeysetConflict');
  }
  if (isForServer(candidate, hsm)) return serverRotation(candidate, context);
  try {
    const rotation = await prepareRotation(candidate, context);
    if (deadline?.rule === 'before-certificate-end') assertExtends(rotation);
    return { ...rotation, notices: [...rotation.notices, ...noticesOf(rotation, deadline)] };
  } catch (error) {
    // Its issuer is known by its bytes alone, and only now is it known where that one's key is.
    if (leavesToOthers(hsm) && isSignedInModule(candidate, error)) return 'no-longer-due';
    throw error;
  }
}

function isForServer(candidate: RotationCandidate, hsm: HsmRule): boolean {
  return asksServer(hsm) && isKeptByModule(candidate);
}

function noticesOf({ uid }: Rotation, deadline: Deadline | null): readonly string[] {
  if (deadline?.end?.isCut !== true) return [];
  return [
    `${JSON.stringify(uid)}: the time before its end at which it is to be rotated (before_end) is longer than a third of its life, and counts as a third`,
  ];
}

function isSignedInModule({ object }: RotationCandidate, error: unknown): boolean {
  const isCertificate = !(object instanceof KmsError) && object.objectType === 'Certificate';
  return isCertificate && error instanceof KmsError && error.reason === 'HsmResident';
}

/**
 * Ensures that a certificate that is renewed because it ends gets a later end: else each run would renew it again.
 *
 * @throws KmsError IssuerExpired.
 */
function assertExtends({ uid, endsWithIssuer, rewrapping }: Rotation): void {
  if (endsWithIssuer === undefined || endsWithIssuer === null) return;
  rewrapping?.wipe();
  const { issuerUid, notAfter } = endsWithIssuer;
  throw new KmsError(
    'IssuerExpired',
    `the certificate ${JSON.stringify(uid)} is not renewed, as it would end no later: the certificate of its issuer, ${JSON.stringify(issuerUid)}, ends at ${formatInstant(notAfter)}`,
    { uid, hint: `renew that one first: kms rotate key ${uidArgument(issuerUid)}` },
  );
}

/** Prepares an object that was asked for by name, due or not. @throws KmsError why it cannot be rotated. */
export async function prepareRequested(
  candidate: RotationCandidate,
  context: RotationContext,
  { hsm }: Pick<Run, 'hsm'>,
): Promise<Rotation | ServerRotation> {
  const { object } = candidate;
  if (object instanceof KmsError) throw object;
  const isAsked = isForServer(candidate, hsm);
  assertMayBeRotated(object, candidate, isAsked);
  assertLatestOfKeyset(object, candidate, 'NotLatestOfKeyset');
  if (isAsked) return serverRotation(candidate, context);
  return prepareRotation(candidate, context);
}
