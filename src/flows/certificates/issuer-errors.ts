// Why a certificate cannot be issued, in the same words whatever is wrong with its issuer or its keys.
import { KmsError, type Reason } from '../../errors.js';
import type { ManagedObject } from '../../kmip/managed-object.js';

/** For a certificate of this uid; `why` goes on after a colon. */
export function cannotIssue(uid: string, reason: Reason, why: string, hint: string): KmsError {
  const message = `the certificate ${JSON.stringify(uid)} cannot be issued: ${why}`;
  return new KmsError(reason, message, { uid, hint });
}

export function issuerNotActive(uid: string, { uniqueIdentifier, state }: ManagedObject): KmsError {
  return cannotIssue(
    uid,
    'IssuerNotActive',
    `the certificate of its issuer, ${JSON.stringify(uniqueIdentifier)}, is ${state}`,
    'have it reissued by an authority that is Active',
  );
}
