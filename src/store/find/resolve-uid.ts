// Which object an operator means: a uid, or a keyset and one of its generations.
import { KmsError } from '../../errors.js';
import { parseAddress, uidOfAddress } from '../../rotation/keyset.js';
import type { Connection } from '../connect/connection.js';
import { loadKeysets } from './keysets.js';
import { existingUids } from './rows.js';

/** @throws KmsError UnknownUid or AmbiguousKeyset. */
export async function resolveUid(connection: Connection, text: string): Promise<string> {
  const address = parseAddress(text);
  const keyset = address.kind === 'member' ? address.keyset : null;
  const members =
    keyset === null ? [] : ((await loadKeysets(connection, [keyset])).get(keyset) ?? []);
  const uid = uidOfAddress(text, address, members);
  if ((await existingUids(connection, [uid])).has(uid)) return uid;
  throw new KmsError('UnknownUid', `there is no object ${JSON.stringify(text)} in the store`, {
    uid: text,
    hint: 'kms key list shows the uids that are there',
  });
}
