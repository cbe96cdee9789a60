// Rows as a flat view of member to text, random values and names levelled, so that what two rotations wrote
// can be compared member by member. No assertions here.
import { sql } from './sql.js';
import type { StoredRow } from './store.js';

export type View = Readonly<Record<string, unknown>>;

/** Everything that is stored of some objects; `names` levels uids that differ from store to store. */
export async function viewOf(
  url: string,
  roles: Readonly<Record<string, string>>,
  names: Readonly<Record<string, string>>,
): Promise<View> {
  const view: Record<string, unknown> = {};
  for (const [role, uid] of Object.entries(roles)) {
    const [row] = await sql<StoredRow>(url, 'SELECT * FROM objects WHERE id = ?', uid);
    if (row === undefined) throw new Error(`${role} ${uid} is not there`);
    const note = (at: string, members: object) => {
      for (const [member, value] of Object.entries(members)) {
        view[`${role}.${at}.${member}`] = levelled(member, value, names);
      }
    };
    note('column', JSON.parse(row.attributes) as object);
    const { KeyValue, KeyWrappingData, ...block } = keyBlockOf(row);
    if ('length' in KeyValue) {
      note('block', { ...block, KeyWrappingData, ciphertext: KeyValue.length });
    } else {
      note('embedded', KeyValue.Attributes);
      note('block', { ...block, bytes: KeyValue.KeyMaterial.Key?.length });
    }
    note('row', { state: row.state, owner: row.owner, wrapping: row.wrapping_key_id });
    view[`${role}.tags`] = await sql(url, 'SELECT tag FROM tags WHERE id = ? ORDER BY tag', uid);
    view[`${role}.grants`] = await sql(
      url,
      'SELECT userid, permissions FROM read_access WHERE id = ? ORDER BY userid',
      uid,
    );
  }
  return view;
}

/** Returns the names of members in which two views differ, in order. */
export function differences(ours: View, theirs: View): readonly string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names]
    .filter((name) => JSON.stringify(ours[name]) !== JSON.stringify(theirs[name]))
    .sort();
}

interface Block {
  readonly KeyValue:
    | readonly number[]
    | { readonly KeyMaterial: { readonly Key?: number[] }; readonly Attributes: object };
  readonly KeyWrappingData?: object;
}

function keyBlockOf(row: StoredRow): Block {
  const object = JSON.parse(row.object) as Record<string, { KeyBlock: Block }>;
  const [inner] = Object.values(object);
  if (inner === undefined) throw new Error(`${row.id} has no object`);
  return inner.KeyBlock;
}

/** Returns a member's JSON; `names` levels uids, and what is random or took the server a while is levelled too. */
export function levelled(
  member: string,
  value: unknown,
  names: Readonly<Record<string, string>>,
): string | undefined {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'DigestValue') return 'DIGEST';
    return typeof inner === 'string' ? (names[inner] ?? inner) : inner;
  }) as string | undefined;
  // The rotation took the server two seconds; ours stands still at its first.
  return member.endsWith('Date') ? text?.replace(/^\[2026,51,8,0,[0-2],0,0,0,0\]$/, 'NOW') : text;
}
