// Adds an object's uid to errors of code that works on bytes and members and does not know the object.
import { KmsError } from '../errors.js';
import { withRowUid, type ManagedObject } from '../kmip/managed-object.js';

type Identified = Pick<ManagedObject, 'uniqueIdentifier'>;

/** Runs an operation and names the object in the errors that it throws. */
export function withUid<T>({ uniqueIdentifier: uid }: Identified, operation: () => T): T {
  try {
    return withRowUid(uid, operation);
  } catch (error) {
    throw named(error, uid, '');
  }
}

/** Does the same for an asynchronous operation. `what` says what failed, as in `cannot be rotated`. */
export async function withUidAsync<T>(
  { uniqueIdentifier: uid }: Identified,
  operation: () => Promise<T>,
  what = '',
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw named(error, uid, what === '' ? '' : ` ${what}`);
  }
}

function named(error: unknown, uid: string, what: string): unknown {
  if (!(error instanceof KmsError) || error.uid !== null) return error;
  const { reason, message, hint, cause } = error;
  return new KmsError(reason, `${JSON.stringify(uid)}${what}: ${message}`, {
    uid,
    cause,
    ...(hint === null ? {} : { hint }),
  });
}
