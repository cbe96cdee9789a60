// Creates a symmetric key or a key pair in a store without a server. flows/ says what is in its rows.
import type { TaggedRow } from '../store/write/create-objects.js';
import { generateKeyPair, wipePrivateKey } from '../crypto/keys/generate-key-pair.js';
import { KmsError } from '../errors.js';
import { createSymmetricKey } from '../flows/create-symmetric-key.js';
import type { NewObject } from '../flows/new-object.js';
import { assertPairCanBeCreated, createKeyPair } from '../flows/pairs/create-pair.js';
import { defaultWrappingBy, type Wrapping } from '../flows/wrapping/key-wrapping.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { loadByAddress } from '../store/find/load-by-address.js';
import type { Store } from '../store/store.js';
import { createdLogRow, type Creator } from './created-log-row.js';
import type { NewKeyKind } from './new-key-kind.js';
import { SYSTEM_TAGS } from '../kmip/vocabulary.js';

export interface KeyRequest {
  readonly key: NewObject;
  readonly kind: NewKeyKind;
  /** The address of the key that wraps it, if any. */
  readonly wrapWith: string | undefined;
}

/**
 * Creates a key or a pair, and returns what was written, the private key of a pair.
 *
 * @throws KmsError UidTaken, UnknownUid, or why it cannot be created or wrapped.
 */
export async function createKey(
  store: Pick<Store, 'resolveUid' | 'load' | 'create'>,
  { key, kind, wrapWith }: KeyRequest,
  creator: Creator,
): Promise<RotationCandidate> {
  const wrapping = wrapWith === undefined ? null : await wrappingBy(store, wrapWith);
  const rows = await newRows(key, kind, wrapping);
  const log = createdLogRow(creator, key);
  if (!(await store.create(rows, log))) throw uidTaken(key.uid);
  const [candidate] = await store.load([key.uid]);
  if (candidate === undefined) throw new TypeError('a key that was just created is not there');
  return candidate;
}

/** The wrapping key is loaded just before use, and checked again in the transaction. */
async function wrappingBy(
  store: Pick<Store, 'resolveUid' | 'load'>,
  address: string,
): Promise<Wrapping> {
  const { object, relatedObjects } = await loadByAddress(store, address);
  if (object instanceof KmsError) throw object;
  return defaultWrappingBy(object, relatedObjects);
}

async function newRows(
  key: NewObject,
  kind: NewKeyKind,
  wrapping: Wrapping | null,
): Promise<readonly TaggedRow[]> {
  if (kind.kind === 'symmetric') {
    return [
      {
        row: createSymmetricKey({ ...key, ...kind }, wrapping),
        tags: [...key.tags, SYSTEM_TAGS.SymmetricKey],
      },
    ];
  }
  assertPairCanBeCreated(key);
  const generated = await generateKeyPair(kind);
  try {
    const { privateKey, publicKey } = createKeyPair(key, generated, wrapping);
    return [
      { row: privateKey, tags: [...key.tags, SYSTEM_TAGS.PrivateKey] },
      { row: publicKey, tags: [...key.tags, SYSTEM_TAGS.PublicKey] },
    ];
  } finally {
    wipePrivateKey(generated.privateKey);
  }
}

function uidTaken(uid: string): KmsError {
  return new KmsError(
    'UidTaken',
    `an object ${JSON.stringify(uid)}, or its public key, already exists`,
    { uid, hint: 'choose another uid, or leave it out for a random one' },
  );
}
