// PostgreSQL's password file: PGPASSFILE, or ~/.pgpass. It is read here, as the driver would write warnings of its own
// to standard error. The rules are libpq's.
import { readFileSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '../../../files/account.js';
import { KmsError } from '../../../errors.js';
import { errorCode } from '../errors/error-code.js';
import type { ServerAddress } from './server-url.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Its group and everybody else. */
const OTHERS = 0o077;

/** Where the password of an account is looked for: in lines, or nowhere for a reason. */
export type PasswordFile =
  | { readonly text: string; readonly passedOver: null }
  | { readonly text: null; readonly passedOver: string | null };

/** Returns what the driver calls when the server asks for a password. */
export function passwordFromFile(address: ServerAddress, env: Environment): () => string {
  return () => {
    const { text, passedOver } = readPasswordFile(env);
    const found = text === null ? null : passwordIn(text, address);
    if (found !== null) return found;
    if (passedOver === null) throw Object.assign(new Error('no password'), { code: 'NO_PASSWORD' });
    throw new KmsError(
      'StoreAccessDenied',
      `the server asks for a password, and there is none: ${passedOver}`,
      {
        hint: 'correct that, or put the password into a file and name it by KMS_DATABASE_PASSWORD_FILE',
      },
    );
  };
}

/** Returns the file as it is, or why it is passed over; neither, if there is none. */
export function readPasswordFile(env: Environment): PasswordFile {
  const named = env['PGPASSFILE'] ?? '';
  const path = named === '' ? join(homeFolder(), '.pgpass') : named;
  const why = reasonAgainst(path, named !== '');
  if (why !== null)
    return { text: null, passedOver: why === '' ? null : `${path} is passed over: ${why}` };
  try {
    return { text: readFileSync(path, 'utf8'), passedOver: null };
  } catch {
    return { text: null, passedOver: `${path} is passed over: it cannot be read` };
  }
}

/** Returns the password of the first line that fits, or null. */
export function passwordIn(text: string, address: ServerAddress): string | null {
  const { host, port, socket, database, user } = address;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const [hostname, portText, databaseText, userText, password] = fieldsOf(line);
    if (password === undefined) continue;
    const fits =
      isFor(hostname, socket === null ? [host] : [socket, 'localhost']) &&
      isFor(portText, [String(port)]) &&
      isFor(databaseText, [database]) &&
      isFor(userText, [user]);
    if (fits) return unescaped(password);
  }
  return null;
}

/** Null if the file is to be read, empty if there is none and nobody says that there is. */
function reasonAgainst(path: string, isNamed: boolean): string | null {
  const found = statusOf(path);
  if (found === null) return isNamed ? 'there is no such file' : '';
  if (typeof found === 'string') return `it cannot be looked at (${found})`;
  if (!found.isFile()) return 'it is not a plain file';
  const mode = found.mode & 0o777;
  if ((mode & OTHERS) === 0) return null;
  return `others than its owner may use it (mode 0${mode.toString(8)}; chmod 600 it)`;
}

/** Returns the system's code if there is something in the way, such as a folder that must not be entered. */
function statusOf(path: string): Stats | string | null {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error) ?? '';
    return ['ENOENT', 'ENOTDIR'].includes(code) ? null : code;
  }
}

/** Colons and backslashes that are escaped end no field; the escapes stay. */
function fieldsOf(line: string): readonly (string | undefined)[] {
  const [, ...fields] =
    /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*)/.exec(
      line,
    ) ?? [];
  return fields;
}

function isFor(field: string | undefined, texts: readonly string[]): boolean {
  return field === '*' || texts.includes(unescaped(field ?? ''));
}

function unescaped(field: string): string {
  return field.replace(/\\(.)/g, '$1');
}
