// Certificates that only a hardware security module can renew, as far as their links tell. Where only the bytes name the
// issuer, find-issuer.ts finds it out at the rotation.
import { isSelfIssued } from '../../crypto/certificates/issuing-rights.js';
import { KmsError } from '../../errors.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { privateKeyOf } from './certificate-keys.js';
import { certificateOf } from './certificate-object.js';
import { linkedAuthority } from './linked-authority.js';

/** Returns the failure of a certificate whose signing key is in a module; null for any other object. */
export function signedInModule({ object, relatedObjects }: RotationCandidate): KmsError | null {
  if (object instanceof KmsError || object.objectType !== 'Certificate') return null;
  try {
    const own = certificateOf(object);
    const signer = isSelfIssued(own.certificate) ? own : linkedAuthority(own, relatedObjects);
    if (signer !== null) privateKeyOf(signer.object, relatedObjects, object);
    return null;
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    // Whatever else is wrong, the rotation says.
    return error.reason === 'HsmResident' ? error : null;
  }
}
