// Shows people what failed and what to do about it. A script gets `kms.error/v1` instead.
import type { KmsError } from '../errors.js';
import { printable } from '../text/printable.js';
import type { Terminal } from './terminal.js';

/** Yields the message of an error, then its hint. */
export function* failureLines({ message, hint }: KmsError, { paint }: Terminal): Generator<string> {
  yield `${paint.red('error:')} ${printable(message)}`;
  if (hint !== null) yield `${paint.dim('hint:')} ${printable(hint)}`;
}
