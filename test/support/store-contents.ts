// The whole of a store in one snapshot, by bare SQL and JSON.parse alone, so that what is checked with it
// does not rest on the code that wrote it.
import { createDecipheriv } from 'node:crypto';
import { kindOf, withBare } from './sql.js';
import type { StoredRow } from './store.js';

export type Members = Readonly<Record<string, unknown>>;

export interface Contents {
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Tags and grants by uid, each sorted. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly grants: ReadonlyMap<string, readonly string[]>;
  /** `uid → replacement uid` of each log row that tells of a rotation. */
  readonly rotationsLogged: readonly string[];
}

export interface StoredObject {
  readonly row: StoredRow;
  readonly objectType: string;
  /** The column's attributes, and the embedded copy; wrapped objects and certificates have none. */
  readonly column: Members;
  readonly embedded: Members | null;
  /** As it is stored: in clear or wrapped. */
  readonly keyMaterial: unknown;
  readonly keyWrappingData: Members | null;
}

/** What one state of the database holds, however many processes write to it. */
const SNAPSHOT = {
  sqlite: ['BEGIN'],
  postgresql: ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'],
  mysql: [
    'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'START TRANSACTION WITH CONSISTENT SNAPSHOT',
  ],
} as const;

export async function readStore(url: string): Promise<Contents> {
  return withBare(url, async (bare) => {
    const select = async <Row>(statement: string) => (await bare.query(statement)) as Row[];
    for (const statement of SNAPSHOT[kindOf(url)]) await bare.query(statement);
    const objects = await select<StoredRow>('SELECT * FROM objects');
    const tags = await select<{ id: string; tag: string }>('SELECT id, tag FROM tags');
    const grants = await select<{ id: string; userid: string; permissions: string }>(
      'SELECT id, userid, permissions FROM read_access',
    );
    const log = await select<{ uid: string; replacement_uid: string }>(
      `SELECT uid, replacement_uid FROM kms_rotation_log WHERE outcome = 'rotated'`,
    );
    await bare.query('COMMIT');
    return {
      objects: new Map(objects.map((row) => [row.id, storedObject(row)])),
      tags: byUid(tags, ({ tag }) => tag),
      grants: byUid(grants, ({ userid, permissions }) => `${userid} ${permissions}`),
      rotationsLogged: log.map((row) => arrow(row.uid, row.replacement_uid)).sort(),
    };
  });
}

export function arrow(uid: string, replacementUid: string | null): string {
  return `${uid} → ${replacementUid ?? ''}`;
}

/** Returns the uids that an object links to by a type of link. */
export function linksOf(members: Members, type: string): readonly string[] {
  const links = (members['Link'] ?? []) as { LinkType: string; LinkedObjectIdentifier: string }[];
  return links
    .filter(({ LinkType }) => LinkType === type)
    .map(({ LinkedObjectIdentifier }) => LinkedObjectIdentifier);
}

/**
 * Returns a symmetric key's bytes, unwrapped if need be, or null for what this does not know to unwrap.
 * @throws Error if they do not unwrap.
 */
export function bytesOf(contents: Contents, uid: string): Buffer | null {
  const object = contents.objects.get(uid);
  if (object?.objectType !== 'SymmetricKey') return null;
  const { keyMaterial, keyWrappingData } = object;
  if (keyWrappingData === null) {
    const clear = keyMaterial as { Key?: number[] } | number[];
    return Buffer.from(Array.isArray(clear) ? clear : (clear.Key ?? []));
  }
  if (!Array.isArray(keyMaterial) || keyWrappingData['EncodingOption'] !== 'NoEncoding')
    return null;
  const wrapping = bytesOf(contents, wrappingUidOf(keyWrappingData));
  if (wrapping === null || blockCipherModeOf(keyWrappingData) !== 'AESKeyWrapPadding') return null;
  const cipher = `id-aes${wrapping.length * 8}-wrap-pad`;
  const decipher = createDecipheriv(cipher, wrapping, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([decipher.update(Buffer.from(keyMaterial as number[])), decipher.final()]);
}

export function wrappingUidOf(keyWrappingData: Members): string {
  const information = keyWrappingData['EncryptionKeyInformation'] as Members;
  return String(information['UniqueIdentifier']);
}

function blockCipherModeOf(keyWrappingData: Members): unknown {
  const information = keyWrappingData['EncryptionKeyInformation'] as Members;
  return (information['CryptographicParameters'] as Members | undefined)?.['BlockCipherMode'];
}

export function storedObject(row: StoredRow): StoredObject {
  const [[objectType, body] = ['', {}]] = Object.entries(JSON.parse(row.object) as object) as [
    string,
    { KeyBlock?: Members },
  ][];
  const keyBlock = body.KeyBlock ?? {};
  const value = keyBlock['KeyValue'];
  const plain = Array.isArray(value) ? null : ((value ?? null) as Members | null);
  return {
    row,
    objectType,
    column: JSON.parse(row.attributes) as Members,
    embedded: (plain?.['Attributes'] ?? null) as Members | null,
    keyMaterial: plain === null ? value : plain['KeyMaterial'],
    keyWrappingData: (keyBlock['KeyWrappingData'] ?? null) as Members | null,
  };
}

function byUid<Row extends { readonly id: string }>(
  rows: readonly Row[],
  textOf: (row: Row) => string,
): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, string[]>();
  for (const row of rows) texts.set(row.id, [...(texts.get(row.id) ?? []), textOf(row)].sort());
  return texts;
}
