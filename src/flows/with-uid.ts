// Errors about bytes and members, which know no rows, with the uid of the row that they are from.
import { KmsError } from '../errors.js';
import { withRowUid, type ManagedObject } from '../kmip/managed-object.js';

/** Runs what knows no uid, and names the object in what it throws. */
export function withUid<T>(object: Pick<ManagedObject, 'uniqueIdentifier'>, operation: () => T): T {
  try {
    return withRowUid(object.uniqueIdentifier, operation);
  } catch (error) {
    if (!(error instanceof KmsError) || error.uid !== null) throw error;
    const uid = object.uniqueIdentifier;
    const { reason, message, hint, cause } = error;
    throw new KmsError(reason, `${JSON.stringify(uid)}: ${message}`, {
      uid,
      cause,
      ...(hint === null ? {} : { hint }),
    });
  }
}
