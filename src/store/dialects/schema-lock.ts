// The lock that one kms init, or one removal, at a time holds while it changes the schema. Each dialect has its own
// kind of lock; how long to wait, and what is said afterwards, is the same for all.
import { KmsError } from '../../errors.js';

export const SCHEMA_LOCK_SECONDS = 60;

/** The table that is the lock where there is no other: it is there while somebody holds it. */
export const SCHEMA_LOCK_TABLE = 'kms_rotation_init';

export function schemaLockTimeout(): KmsError {
  return new KmsError('StoreBusy', 'another kms init is at work on this store', {
    hint: 'try again when it has finished',
  });
}
