// Names in the files of schedules: that of a schedule, which tells those of several stores on one host or in one
// namespace apart, that of its store, and that of the user who runs kms.
import { KmsError } from '../errors.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { printable } from '../text/printable.js';

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

/** Returns the name that the label of a store gives a schedule; undefined if that is the program's own. */
export function scheduleNameOf(label: string): string | undefined {
  const plain = label.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name = plain.replace(new RegExp(`^${PREFIX}-`), '').slice(0, MAX_LENGTH);
  const trimmed = name.replace(/^-+|-+$/g, '');
  return trimmed === '' || trimmed === PREFIX ? undefined : trimmed;
}

const STORE_LINE = '# The store: ';

/** Returns the comment that says which store a file is for. */
export function storeLine(databaseUrl: string): string {
  return `${STORE_LINE}${printable(redactedUrl(databaseUrl).replace(/\?.*$/s, ''))}`;
}

/** Ensures that an earlier file, or a part of one, is of this store, if it says of which. @throws KmsError InvalidArgument */
export function assertSameStore(earlier: string, line: string, where: string): void {
  const other = earlier.split('\n').find((one) => one.startsWith(STORE_LINE));
  if (other === undefined || other === line) return;
  throw new KmsError(
    'InvalidArgument',
    `${where} is the schedule of another store, ${other.slice(STORE_LINE.length)}`,
    { hint: 'give this one a name of its own with --name, or overwrite the other with --force' },
  );
}

/** What stands where a user's name belongs may not mean anything else there. @throws KmsError InvalidArgument */
export function assertUser(user: string | undefined): void {
  if (user === undefined || /^\w[\w.@-]*\$?$/.test(user)) return;
  throw new KmsError('InvalidArgument', `${JSON.stringify(user)} cannot be a user`, {
    hint: 'give the name or the number of an account',
  });
}
