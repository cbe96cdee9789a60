// Keysets: the generations that share a Rotate Name.
import { KmsError } from '../../errors.js';
import { decodeAttributesColumn } from '../../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../../kmip/members.js';
import type { KeysetMember } from '../../rotation/keyset.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/sql.js';
import { inChunks } from './rows.js';

/** Returns the members of each keyset by its Rotate Name. A pair counts once, by its private key. */
export async function loadKeysets(
  { knex, dialect, indexes }: Connection,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly KeysetMember[]>> {
  const keysets = new Map<string, KeysetMember[]>();
  const keysetName = dialect.keysetName(indexes);
  const rows = await inChunks([...new Set(names)], async (chunk) => {
    const query = knex('objects')
      .select(
        'id',
        'owner',
        knex.raw(`${keysetName} AS name`),
        knex.raw(`${dialect.text('attributes')} AS attributes`),
      )
      .whereRaw(`${keysetName} IN (${placeholders(chunk)})`, chunk);
    return (await query) as {
      id: string;
      owner: string | null;
      name: string;
      attributes: string;
    }[];
  });
  for (const { id, name, owner, attributes } of rows) {
    const generation = generationIn(id, attributes);
    if (generation === 'public-key') continue;
    keysets.set(name, [...(keysets.get(name) ?? []), { uid: id, owner, generation }]);
  }
  return keysets;
}

/** Null for a malformed member: it must not stop others from loading, and is reported when its keyset is used. */
function generationIn(uid: string, text: string): number | null | 'public-key' {
  try {
    const members = decodeAttributesColumn(uid, text);
    if (members['ObjectType'] === 'PublicKey') return 'public-key';
    return memberReader(members, 'attributes').count('RotateGeneration') ?? 0;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return null;
    throw error;
  }
}
