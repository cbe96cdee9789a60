// The kind of a store's name, which becomes a label, a part of URLs, of mail subjects and of file names.
import { isString } from './scalars.js';
import { valueKind } from './value-kind.js';

const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const STORE_NAME = valueKind({
  requirement: 'must be a name of at most 64 letters, digits, dots, dashes and underscores',
  hint: 'write "payments-prod"; it begins with a letter or digit',
  fromToml: (value) => (isString(value) ? nameIn(value) : undefined),
  fromText: nameIn,
  schema: { type: 'string', pattern: FORM.source },
});

function nameIn(text: string): string | undefined {
  return FORM.test(text) ? text : undefined;
}
