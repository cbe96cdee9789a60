// How far the log was exported: the last row of each chain. Ids would not do, since rows with smaller ones may be committed
// later; within a chain no row comes late.
import { isJsonObject, parseJson, type JsonObject } from '../../kmip/json.js';
import { KmsError } from '../../errors.js';

export type Cursor = ReadonlyMap<string, number>;

const FORM = 'kms audit cursor 1';

/** @throws KmsError InvalidArgument */
export function parseCursor(path: string, text: string): Cursor {
  const { form, chains } = membersOf(text);
  if (form !== FORM || !isJsonObject(chains)) throw noCursor(path);
  return new Map(
    Object.entries(chains).map(([chain, seq]) => {
      if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) throw noCursor(path);
      return [chain, seq];
    }),
  );
}

export function formatCursor(cursor: Cursor): string {
  return `${JSON.stringify({ form: FORM, chains: Object.fromEntries(cursor) })}\n`;
}

function membersOf(text: string): JsonObject {
  try {
    const { value } = parseJson(text);
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function noCursor(path: string): KmsError {
  return new KmsError('InvalidArgument', `--cursor ${path}: it is no cursor of kms audit export`, {
    hint: 'name the file of an earlier export, or one that is not there yet',
  });
}
