// Names in the files of schedules: that of a schedule, which tells those of several stores on one host or in one
// namespace apart, and that of the user who runs kms.
import { KmsError } from '../errors.js';

const PREFIX = 'kms';

/** The longest name of a CronJob is 52 characters, and `kms-` and `-warnings` belong to it. */
const MAX_LENGTH = 39;

/** Returns what names begin with: `kms`, or `kms-` and the name. @throws KmsError InvalidArgument */
export function schedulePrefix(name: string | undefined): string {
  if (name === undefined) return PREFIX;
  if (/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= MAX_LENGTH) {
    return `${PREFIX}-${name}`;
  }
  throw new KmsError('InvalidArgument', `${JSON.stringify(name)} cannot be a name`, {
    hint: `use lower-case letters, digits and dashes, ${MAX_LENGTH} at most`,
  });
}

/** What stands where a user's name belongs may not mean anything else there. @throws KmsError InvalidArgument */
export function assertUser(user: string | undefined): void {
  if (user === undefined || /^\w[\w.@-]*\$?$/.test(user)) return;
  throw new KmsError('InvalidArgument', `${JSON.stringify(user)} cannot be a user`, {
    hint: 'give the name or the number of an account',
  });
}
