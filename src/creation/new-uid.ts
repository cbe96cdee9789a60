// What a new object may be called beyond what a store can hold: its uid can be typed, read in a list, and means itself.
import { randomUUID } from 'node:crypto';
import { KmsError } from '../errors.js';
import { parseAddress } from '../rotation/keyset.js';

/** Returns the uid that the user gave, or a random one. @throws KmsError InvalidArgument */
export function newUid(text: string | undefined): string {
  if (text === undefined) return randomUUID();
  const quoted = JSON.stringify(text);
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) {
    throw invalid(`the uid ${quoted} contains a control character`, 'leave it out');
  }
  if (text !== text.trim()) {
    throw invalid(`the uid ${quoted} begins or ends with a blank`, 'leave the blank out');
  }
  const address = parseAddress(text);
  if (address.kind === 'member' && address.explicit) {
    throw invalid(
      `the uid ${quoted} would mean a generation of the keyset ${JSON.stringify(address.keyset)}`,
      'choose one that does not end with @latest, @first or @NUMBER',
    );
  }
  return text;
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
