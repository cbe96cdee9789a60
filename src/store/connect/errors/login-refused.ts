// Whether a server has refused the login for good. Then no other host of the URL is tried: to one after the other with a
// wrong password locks accounts, and a store that was moved must not be looked for in a copy of it.
import { KmsError, type Reason } from '../../../errors.js';
import { errorCode, isServerError } from './error-code.js';
import { meaningOf } from './error-meanings.js';

const REFUSALS: readonly (Reason | undefined)[] = [
  'StoreAccessDenied',
  'StoreAccountLocked',
  'StoreDatabaseMissing',
  'StoreLoginUnsupported',
];

/** A server of PostgreSQL that starts, stops or recovers. libpq tries the next host after no other error of a server. */
const NOT_READY = /^57P0.$/;

export function isLoginRefused(error: unknown, dialectName: 'postgresql' | 'mysql'): boolean {
  const code = errorCode(error) ?? '';
  const reason = error instanceof KmsError ? error.reason : meaningOf(code)?.reason;
  if (REFUSALS.includes(reason)) return true;
  return dialectName === 'postgresql' && isServerError(error) && !NOT_READY.test(code);
}
