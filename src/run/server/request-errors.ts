// What a run says of requests to the server that came to nothing, or to something else than a rotation.
import { KmsError } from '../../errors.js';
import type { MadeUids } from '../../kmip/server-messages.js';
import { quoted } from '../../text/phrases.js';
import { uidArgument } from '../../text/shell-word.js';
import type { KmsServer } from './kms-server.js';

type Named = Pick<KmsServer, 'name'>;

/** The server's own line may hold anything that can be printed. */
export function serverRefused(uid: string, { name }: Named, line: string): KmsError {
  return new KmsError(
    'ServerRefused',
    `the server ${name} refused to rotate ${quoted(uid)}: ${line}`,
    {
      uid,
      hint: 'give its user the right that it names, or mend the key with the server: the next run asks again',
    },
  );
}

/** It may still be at work. */
export function requestOpen(
  uid: string,
  { name, timeoutSeconds }: Pick<KmsServer, 'name' | 'timeoutSeconds'>,
  line: string,
): KmsError {
  return new KmsError(
    'ServerRequestOpen',
    `nobody knows whether the server ${name} has rotated ${quoted(uid)}: ${line}`,
    {
      uid,
      hint: `a run that begins ${10 * timeoutSeconds} seconds from now or later looks into the store, and completes the rotation or asks again`,
    },
  );
}

/** The server died between its two transactions. */
export function leftUnfinished(uid: string, { name }: Named, made: MadeUids): KmsError {
  return new KmsError(
    'ServerRequestOpen',
    `the server ${name} made ${quoted(made.uid)} of ${quoted(uid)} and did not finish: both may be in use`,
    {
      uid,
      hint: `kms doctor --only unfinished-rotation --only keyset-heads says what to do; kms status shows what the replacement is to have`,
    },
  );
}

/** What the server names as the replacement is not in the store, or replaces something else. */
export function answeredForAnother(uid: string, { name }: Named, made: MadeUids): KmsError {
  return new KmsError(
    'WrongServer',
    `the server ${name} says that ${quoted(made.uid)} replaces ${quoted(uid)}, and the store does not: it is the server of another store`,
    { uid, hint: 'set server.url to the server of this store, or database.url to its store' },
  );
}

export function notArmed(uid: string, made: MadeUids): KmsError {
  return new KmsError(
    'ReplacementDiffers',
    `${quoted(made.uid)}, which replaces ${quoted(uid)}, does not have the schedule that the server was asked to set`,
    { uid, hint: 'the next run asks again; kms policy show compares them' },
  );
}

export function replacementDiffers(
  uid: string,
  made: MadeUids,
  differences: readonly string[],
): KmsError {
  return new KmsError(
    'ReplacementDiffers',
    `the server replaced ${quoted(uid)} by ${quoted(made.uid)}, but not as a rotation does: ${differences.join('; ')}`,
    { uid, hint: `look at both: kms key show ${uidArgument(made.uid)}` },
  );
}

/** It came under the key while the server re-keyed it. */
export function lateDependant(uid: string, wrappingKeyUid: string): KmsError {
  return new KmsError(
    'DependantsBehindHsm',
    `${quoted(uid)} was put under ${quoted(wrappingKeyUid)} while the server replaced that key, and cannot be read any more`,
    {
      uid,
      hint: 're-create it, or make its wrapping key Active again with the server and move it under another one',
    },
  );
}
