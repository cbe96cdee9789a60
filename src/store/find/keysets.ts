// Keysets: the generations that share a Rotate Name.
import { KmsError } from '../../errors.js';
import { decodeAttributesColumn } from '../../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../../kmip/members.js';
import { protectsUntil } from '../../rotation/ends.js';
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
        'state',
        knex.raw(`${keysetName} AS name`),
        knex.raw(`${dialect.text('attributes')} AS attributes`),
      )
      .whereRaw(`${keysetName} IN (${placeholders(chunk)})`, chunk);
    return (await query) as {
      id: string;
      owner: string | null;
      state: string;
      name: string;
      attributes: string;
    }[];
  });
  for (const { id, name, owner, state, attributes } of rows) {
    const known = memberIn(id, attributes);
    if (known === 'public-key') continue;
    keysets.set(name, [...(keysets.get(name) ?? []), { uid: id, owner, state, ...known }]);
  }
  return keysets;
}

/** A malformed member must not stop others from loading, and is reported when its keyset is used. */
function memberIn(
  uid: string,
  text: string,
): Pick<KeysetMember, 'generation' | 'protectsUntil'> | 'public-key' {
  try {
    const members = decodeAttributesColumn(uid, text);
    if (members['ObjectType'] === 'PublicKey') return 'public-key';
    const generation = memberReader(members, 'attributes').count('RotateGeneration') ?? 0;
    return { generation, protectsUntil: protectsUntil(members) };
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) {
      return { generation: null, protectsUntil: null };
    }
    throw error;
  }
}
