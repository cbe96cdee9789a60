// The digest of a text: a key of fixed length for one that may be long, or that databases compare in ways of their own.
import { createHash } from 'node:crypto';

/** Returns 64 hexadecimal digits (SHA-256). */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
