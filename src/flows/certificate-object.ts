// A certificate as its row and as X.509, both: what every step of a renewal looks at.
import { readCertificate, type Certificate } from '../crypto/certificate.js';
import { KmsError } from '../errors.js';
import { certificateBytes, certificateObstacle } from '../kmip/certificate.js';
import type { ManagedObject } from '../kmip/managed-object.js';

export interface CertificateObject {
  readonly object: ManagedObject;
  readonly certificate: Certificate;
}

/** @throws KmsError MalformedObject or Unsupported, naming the row. */
export function certificateOf(object: ManagedObject): CertificateObject {
  const uid = object.uniqueIdentifier;
  const obstacle =
    object.objectType === 'Certificate'
      ? certificateObstacle(object)
      : `it is a ${object.objectType}, not a certificate`;
  if (obstacle !== null) {
    throw new KmsError('Unsupported', `${JSON.stringify(uid)} cannot be read: ${obstacle}`, {
      uid,
    });
  }
  const certificate = namingTheObject(uid, () => readCertificate(certificateBytes(object)));
  return { object, certificate };
}

/** Gives an error about bytes, which know no rows, the uid of their row. */
export function namingTheObject<T>(uid: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw named(uid, error);
  }
}

/** The same for what takes time. */
export async function namingTheObjectLater<T>(uid: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(uid, error);
  }
}

function named(uid: string, error: unknown): unknown {
  if (!(error instanceof KmsError) || error.uid !== null) return error;
  const { reason, hint, cause } = error;
  return new KmsError(reason, `${JSON.stringify(uid)}: ${error.message}`, {
    uid,
    cause,
    ...(hint === null ? {} : { hint }),
  });
}
