// Whether a server is that of the store: it must know some of the store's keys, with the attributes that never change. One
// with another store might have a key of the same uid.
import { KmsError } from '../../errors.js';
import { textDigest } from '../../crypto/text-digest.js';
import { algorithmOf, type ManagedObject } from '../../kmip/managed-object.js';
import {
  getAttributesMessage,
  identityIn,
  identityOf,
  mayBeSame,
} from '../../kmip/server-messages.js';
import { quoted } from '../../text/phrases.js';
import { unreachable, type KmsServer } from './kms-server.js';

/** How many keys are asked for until the server knows one. */
const MOST_SAMPLES = 5;

/**
 * Returns why a server must not be asked to rotate anything; null if it knows one of these keys as the store does. `seed`
 * makes the choice another one in each run.
 */
export async function wrongServer(
  server: KmsServer,
  objects: readonly ManagedObject[],
  seed: string,
): Promise<KmsError | null> {
  const shuffled = objects
    .map((object) => ({ object, key: textDigest(seed + object.uniqueIdentifier) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ object }) => object);
  let line = '';
  for (const object of shuffled.slice(0, MOST_SAMPLES)) {
    const uid = object.uniqueIdentifier;
    const answer = await server.askSafely(getAttributesMessage(uid));
    if (answer.kind === 'not-asked') return answer.error;
    if (answer.kind === 'refused') line = answer.line;
    else if (answer.kind !== 'answered') return unreachable(uid, server, answer.line);
    else return isSame(object, answer.body) ? null : differs(server, uid);
  }
  return shuffled.length === 0 ? null : unknown(server, line);
}

function isSame(object: ManagedObject, body: Parameters<typeof identityIn>[0]): boolean {
  const there = identityIn(body);
  const { attributes, objectType } = object;
  const here = identityOf(
    { objectType, algorithm: algorithmOf(object) },
    attributes.initialDate,
    attributes.members,
  );
  return there !== null && mayBeSame(here, there);
}

function differs({ name }: KmsServer, uid: string): KmsError {
  return new KmsError(
    'WrongServer',
    `the server ${name} knows ${quoted(uid)} with other attributes than the store: it is the server of another store`,
    { uid, hint: 'set server.url to the server of this store, or database.url to its store' },
  );
}

function unknown({ name }: KmsServer, line: string): KmsError {
  return new KmsError(
    'WrongServer',
    `the server ${name} shows this user none of the store’s keys that it was asked for: ${line}`,
    {
      hint: 'set server.url to the server of this store, and give a token or certificate of the owner of its keys, or of a user with the grants getattributes, rekey and setattribute on them',
    },
  );
}
