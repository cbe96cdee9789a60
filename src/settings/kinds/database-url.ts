// The kind of a URL or path of a key store. Whatever it comes from, a text that is neither is refused before any
// command shows it. store/connect/url/database-url.ts decides.
import { readDatabaseUrl } from '../../store/connect/url/database-url.js';
import { NON_EMPTY_STRING } from './scalars.js';
import type { Read, ValueKind } from './value-kind.js';

/** Its value is the text without what env files and editors leave around it. */
export const DATABASE_URL: ValueKind<string> = {
  ...NON_EMPTY_STRING,
  readToml: (value) => {
    const text = NON_EMPTY_STRING.readToml(value);
    return text.mistake === undefined ? readUrl(text.value) : text;
  },
  readText: readUrl,
  schema: {
    ...NON_EMPTY_STRING.schema,
    pattern: '^(?:(?:postgres|postgresql|mysql|mariadb)://|(?!.*://))',
  },
};

function readUrl(text: string): Read<string> {
  const read = readDatabaseUrl(text);
  if (read.kind !== 'mistake') return { value: read.url };
  const { predicate, hint } = read.mistake;
  return { mistake: { message: predicate, hint: hint ?? '', path: [], isFlaw: true } };
}
