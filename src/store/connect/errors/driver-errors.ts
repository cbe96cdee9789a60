// Turns what a driver throws into our own errors. A driver's message may quote bound values, and with them key
// material, so only the error's code is passed on; error-meanings.ts says what it means.
import { KmsError, type Reason } from '../../../errors.js';
import { errorCode } from './error-code.js';
import { PERMISSION_DENIED, meaningOf } from './error-meanings.js';

/** Codes of the operating system for a file that cannot be created; any other is StoreUnreachable. */
const FILE_ERRORS: readonly (readonly [code: RegExp, reason: Reason])[] = [
  [/^(ENOSPC|EDQUOT)$/, 'StoreFull'],
  [/^(EACCES|EPERM|EROFS)$/, 'StoreReadOnly'],
];

const CONFLICTS = /^(SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)|23505|ER_DUP_ENTRY)$/;

/** Thrown in a transaction if a row has changed since it was read, or a uid was taken meanwhile. */
export class WriteConflict extends Error {}

/** Says whether the database's user lacks a privilege. */
export function isPermissionDenied(error: unknown): boolean {
  return PERMISSION_DENIED.test(errorCode(error) ?? '');
}

/** Returns why a file cannot be created, by the code of the operating system; any other error unchanged. */
export function fileCreationError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === null) return error;
  const reason = FILE_ERRORS.find(([pattern]) => pattern.test(code))?.[1] ?? 'StoreUnreachable';
  return new KmsError(reason, `${path} cannot be made (${code})`, {
    hint: 'check the path, the rights of the folders that lead to it, and the room on the disk',
  });
}

/** Returns a driver's error as one of ours, or as a WriteConflict; any other error unchanged. */
export function asStoreError(error: unknown, redactedUrl: string): unknown {
  const code = errorCode(error);
  if (code === null || error instanceof KmsError) return error;
  if (CONFLICTS.test(code)) return new WriteConflict('a row of this key is there already');
  const meaning = meaningOf(code);
  if (meaning === undefined) return error;
  return new KmsError(meaning.reason, `${redactedUrl}: ${meaning.message} (${code})`, {
    hint: meaning.hint,
  });
}
