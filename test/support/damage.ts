// Damaged stores: golden objects, rotations of a server that was cut short, and what may befall the store in between. All
// of it follows from a number. Rows are written by the bare driver; only new key material comes from the product.
import { createCipheriv, createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { goldenPath } from './golden.js';
import { runDue, runOne } from './run.js';
import { openSqlite } from './sql.js';
import { bytesOf, linksOf, readStore, type Contents, type StoredObject } from './store-contents.js';
import { copyEmptyStore, insertionsOf, type StoredRow } from './store.js';
import { temporaryFolder } from './temporary.js';
import { join } from 'node:path';

/** Other golden stores are taken whole, or by these; what a server rotates in them is anything that is Active. */
const OTHERS: readonly (readonly [store: string, objects: string])[] = [
  ['crash', 'aes healthy'],
  ['crash', 'kek kek-dep'],
  ['crash', 'keyset keyset@1 keyset@2'],
  ['crash', 'cert'],
  ['kek', 'server-kek aes keyset'],
  ['kek', 'server-kek p256 p256_pk secret before-kek'],
  ['kek', 'server-kek user-kek user-dep'],
  ['store-rotated', 'aes256 named granted deactivated'],
  ['store-rotated', 'kek kek-dep-aes kek-dep-due kek-dep-bob'],
  ['store-rotated', 'keyset keyset@1 nist-p256 nist-p256_pk'],
  ['store-rotated', 'cert-self-p256 leaf'],
];

/** Objects of the golden store that belong together, and those of them that a server rotates. */
const GROUPS: readonly (readonly [objects: string, rotated: string])[] = [
  ['aes256', 'aes256'],
  ['tagged', 'tagged'],
  ['named', 'named'],
  ['granted public', 'granted public'],
  ['usage-limits dated', 'usage-limits dated'],
  ['imported-aes chacha20', 'imported-aes chacha20'],
  ['keyset', 'keyset'],
  ['keyset-rotated keyset-rotated@1 keyset-rotated@2', 'keyset-rotated@2'],
  [
    'kek kek-dep-aes kek-dep-due kek-dep-deactivated kek-dep-secret kek-dep-bob kek-dep-destroyed',
    'kek kek kek-dep-due',
  ],
  [
    'kek kek-nested kek-nested-dep vendor-wrapped kek-dep-ec kek-dep-ec_pk',
    'kek kek-nested kek-dep-ec',
  ],
  ['kek-not-due kek-not-due-dep', 'kek-not-due kek-not-due-dep'],
  ['nist-p256 nist-p256_pk', 'nist-p256'],
  ['ed25519 ed25519_pk x25519 x25519_pk', 'ed25519 x25519'],
  ['ec-kek ec-kek_pk ec-kek-dep', 'ec-kek'],
  ['imported-prime256v1 imported-prime256v1_pk', 'imported-prime256v1'],
  ['cert-self-p256', 'cert-self-p256'],
  ['cert-self-ed25519', 'cert-self-ed25519'],
  ['ca sub-ca leaf', 'leaf sub-ca'],
  ['deactivated compromised pre-active destroyed', 'deactivated compromised'],
];

/** Pairs of RSA keys take longer; numbers from a million on have them, and lower ones stay what they were. */
const RSA_GROUPS: typeof GROUPS = [
  ['rsa-keyset rsa-keyset_pk', 'rsa-keyset'],
  ['rsa2048 rsa2048_pk', 'rsa2048'],
  ['rsa-kek rsa-kek_pk rsa-kek-dep rsa-kek-dep-due', 'rsa-kek rsa-kek-dep-due'],
];
export const FIRST_WITH_RSA = 1_000_000;

const FIRST_CRASH = 1_771_574_400;
const HOUR = 3600;

/** What was done to a store, in words, and when it ended. */
export interface Damage {
  readonly path: string;
  readonly story: readonly string[];
  readonly now: number;
  readonly serverKek: { readonly uid: string; readonly mayBeRotated: boolean };
}

export async function damagedStore(seed: number): Promise<Damage> {
  const random = randomFrom(seed);
  const newUid = uidsFrom(seed);
  const path = await copyEmptyStore(join(temporaryFolder(), 'kms.db'));
  const { store, objects, rotated } = chosenFrom(
    random,
    seed < FIRST_WITH_RSA ? GROUPS : [...GROUPS, ...RSA_GROUPS, ...RSA_GROUPS],
  );
  putIn(path, store, objects);
  const target = rotated.length === 0 ? null : random.of(rotated);
  const story: string[] = [`${store}: ${objects.join(' ')}`];
  const serverKek = { uid: store === 'kek' ? 'server-kek' : 'none', mayBeRotated: false };
  const changes = { newUid, serverKek };
  const former: Contents[] = [];
  let now = FIRST_CRASH;
  const steps = random(3) + 1;
  for (let step = 0; step < steps; step += 1) {
    former.push(await readStore(path));
    const uid =
      target === null || random(8) === 0
        ? random.of([...(await activeIn(path)), ...objects])
        : random(4) === 0
          ? random.of(rotated)
          : target;
    const cut = random.of(CUTS);
    story.push(`${cut} of ${uid}${await serverRotation(path, uid, cut, now, changes)}`);
    for (let times = random(3); times > 0; times -= 1) {
      const use = random.of(USES);
      if (random(2) === 0) story.push(`${use} ${await used(path, use, random)}`);
    }
    now += HOUR + random(3) * HOUR;
    if (random(3) === 0) {
      former.push(await readStore(path));
      await runDue(path, now, changes);
      story.push('a run of kms');
      now += HOUR;
    }
    if (random(3) === 0)
      story.push(`written back: ${await writtenBack(path, random.of(former), random)}`);
  }
  return { path, story, now: now + 3 * HOUR, serverKek };
}

function chosenFrom(random: Random, known: typeof GROUPS) {
  if (random(4) === 0) {
    const [store, objects] = random.of(OTHERS);
    return { store, objects: objects.split(' '), rotated: [] };
  }
  const groups = Array.from({ length: random(2) + 1 }, () => random.of(known));
  return {
    store: 'store',
    objects: [...new Set(groups.flatMap(([objects]) => objects.split(' ')))],
    rotated: groups.flatMap(([, uids]) => uids.split(' ')),
  };
}

/** Leftovers are rotated too: somebody may have re-keyed one by hand. */
async function activeIn(path: string): Promise<readonly string[]> {
  const { objects } = await readStore(path);
  return [...objects.values()]
    .filter(
      ({ row, objectType }) =>
        row.state === 'Active' && objectType !== 'PublicKey' && objectType !== 'SecretData',
    )
    .map(({ row }) => row.id);
}

type Random = ((below: number) => number) & { of<T>(items: readonly T[]): T };

/** Mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed * 2_654_435_761;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return Object.assign(below, { of: <T>(items: readonly T[]): T => items[below(items.length)]! });
}

function uidsFrom(seed: number): () => string {
  let count = 0;
  return () => {
    const hex = createHash('sha256')
      .update(`${seed} ${(count += 1)}`)
      .digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}

/** After which of its writes a server dies: the replacement (or half of a pair), the retirement, the new schedule. */
const CUTS = [
  'replacement',
  'replacement',
  'replacement',
  'replacement',
  'half',
  'retirement',
  'all',
] as const;

const USES = ['wrap', 'wrap', 'tag', 'grant', 'link', 'read', 'arm', 'name the replaced'] as const;

type Tables = Readonly<Record<'objects' | 'tags' | 'read_access', readonly object[]>>;

const golden = new Map<string, Tables>();

function goldenTables(store: string): Tables {
  const tables = golden.get(store) ?? tablesOf(goldenPath(`${store}.sqlite`));
  golden.set(store, tables);
  return tables;
}

/** With what a certificate links to. */
function putIn(path: string, store: string, uids: readonly string[]): void {
  const tables = goldenTables(store);
  const rows = tables.objects as readonly StoredRow[];
  const wanted = new Set(uids);
  for (const { id, attributes } of rows) {
    // Leftovers name what they replace.
    if (
      uids.some((uid) =>
        attributes.includes(`"ReplacedObjectLink","LinkedObjectIdentifier":"${uid}"`),
      )
    )
      wanted.add(id);
    if (!uids.includes(id)) continue;
    for (const [, uid = ''] of attributes.matchAll(/"LinkedObjectIdentifier":"([^"]*)"/g))
      wanted.add(uid);
  }
  write(path, (database) => {
    const chosen = rows.filter(({ id }) => wanted.has(id));
    insert(database, chosen);
    for (const table of ['tags', 'read_access'] as const) {
      for (const row of tables[table] as readonly { id: string }[]) {
        if (wanted.has(row.id)) insertInto(database, table, row);
      }
    }
  });
}

function tablesOf(path: string): Tables {
  const database = new Database(path, { readonly: true });
  const all = (table: string) => database.prepare(`SELECT * FROM ${table}`).all() as object[];
  const tables = { objects: all('objects'), tags: all('tags'), read_access: all('read_access') };
  database.close();
  return tables;
}

type Bare = ReturnType<typeof openSqlite>;

function write(path: string, use: (database: Bare) => void): void {
  const database = openSqlite(path);
  database.query('BEGIN', []);
  use(database);
  database.query('COMMIT', []);
  database.close();
}

function insert(database: Bare, rows: readonly StoredRow[]): void {
  const objects = rows.map((row): ObjectRow => ({ ...row, wrappingKeyId: row.wrapping_key_id }));
  for (const { statement, values } of insertionsOf(objects, [])) database.query(statement, values);
}

function insertInto(database: Bare, table: string, row: object): void {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  database.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    Object.values(row),
  );
}

/** Rotates as kms does, then makes of it what a server would have written until it died. */
async function serverRotation(
  path: string,
  uid: string,
  cut: (typeof CUTS)[number],
  now: number,
  changes: Parameters<typeof runOne>[3],
): Promise<string> {
  const before = tablesOf(path);
  const logged = lastLogged(path);
  const { results } = await runOne(path, uid, now, { ...changes, withCertificates: true });
  const [result] = results;
  if (result?.outcome !== 'rotated') return ` (refused: ${result?.error?.reason ?? ''})`;
  const after = tablesOf(path);
  const were = new Map((before.objects as readonly StoredRow[]).map((row) => [row.id, row]));
  const isCertificate = (row: StoredRow) => row.object.startsWith('{"Certificate"');
  const rows = after.objects as readonly StoredRow[];
  const made = rows.filter((row) => !were.has(row.id));
  const isOwn = (row: StoredRow) => made.length === 1 || !isCertificate(row);
  const kept = made.filter(isOwn).filter((row) => cut !== 'half' || !row.id.endsWith('_pk'));
  write(path, (database) => {
    for (const table of ['objects', 'tags', 'read_access'])
      database.query(`DELETE FROM ${table}`, []);
    database.query('DELETE FROM kms_rotation_log WHERE id > ?', [logged]);
    const isRetired = cut === 'retirement' || cut === 'all';
    insert(
      database,
      isRetired
        ? rows.flatMap((row) => {
            const was = were.get(row.id);
            return was === undefined ? [] : [isOwn(row) ? row : was];
          })
        : (before.objects as readonly StoredRow[]),
    );
    insert(
      database,
      kept.map((row) => (cut === 'all' ? row : asServerMadeIt(row))),
    );
    for (const table of ['tags', 'read_access'] as const) {
      for (const row of before[table]) insertInto(database, table, row);
    }
    for (const row of kept) {
      const tag = isCertificate(row)
        ? '_cert'
        : row.object.startsWith('{"PublicKey"')
          ? '_pk'
          : row.object.startsWith('{"PrivateKey"')
            ? '_sk'
            : '_kk';
      insertInto(database, 'tags', { id: row.id, tag });
    }
  });
  return ` → ${kept.map(({ id }) => id).join(', ')}`;
}

function lastLogged(path: string): number {
  const database = openSqlite(path);
  const [row] = database.query('SELECT max(id) AS id FROM kms_rotation_log', []) as {
    id: number | null;
  }[];
  database.close();
  return row?.id ?? 0;
}

/** Without a schedule and the user's tags (storage format §6.5). */
function asServerMadeIt(row: StoredRow): StoredRow {
  const members = JSON.parse(row.attributes) as Record<string, unknown>;
  const tags = (members['Attribute'] ?? []) as {
    AttributeName: string;
    AttributeValue: { _c: string };
  }[];
  for (const attribute of tags) {
    if (attribute.AttributeName !== 'tag') continue;
    const system = (JSON.parse(attribute.AttributeValue._c) as string[]).filter((tag) =>
      tag.startsWith('_'),
    );
    attribute.AttributeValue._c = JSON.stringify(system);
  }
  for (const dropped of ['RotateOffset', 'DeactivationDate'])
    Reflect.deleteProperty(members, dropped);
  return { ...row, attributes: JSON.stringify({ ...members, RotateInterval: 0 }) };
}

/** Somebody uses a leftover, or does something to what it replaces. */
async function used(path: string, use: (typeof USES)[number], random: Random): Promise<string> {
  const contents = await readStore(path);
  const leftovers = [...contents.objects.values()].filter(
    ({ row, column }) => row.state === 'Active' && isLeftover(column, row.id, contents),
  );
  if (leftovers.length === 0) return 'nothing';
  const leftover = random.of(leftovers);
  const uid = leftover.row.id;
  const replacedUid = linksOf(leftover.column, 'ReplacedObjectLink').join();
  write(path, (database) => {
    if (use === 'wrap') wrapUnder(database, leftover, contents, random);
    if (use === 'tag') insertInto(database, 'tags', { id: uid, tag: `used-${random(1000)}` });
    if (use === 'grant')
      database.query('INSERT OR REPLACE INTO read_access VALUES (?, ?, ?)', [
        uid,
        random.of(['bob@example.org', 'eve@example.org']),
        '["decrypt"]',
      ]);
    if (use === 'link') insert(database, [deriving(contents, uid, random)]);
    if (use === 'read') setMembers(database, leftover, { Fresh: false });
    if (use === 'arm') setMembers(database, leftover, { RotateInterval: 2_592_000 });
    if (use === 'name the replaced') {
      const named = contents.objects.get(replacedUid);
      const Name = [{ NameValue: `given-${random(1000)}`, NameType: 'UninterpretedTextString' }];
      if (named?.row.state === 'Active') setMembers(database, named, { Name });
    }
  });
  return use === 'name the replaced' ? replacedUid : uid;
}

function isLeftover(column: object, uid: string, { objects }: Contents): boolean {
  const [replaced] = linksOf(column as never, 'ReplacedObjectLink');
  const other = objects.get(replaced ?? '');
  return other !== undefined && !linksOf(other.column, 'ReplacementObjectLink').includes(uid);
}

function setMembers(database: Bare, { row, column }: StoredObject, members: object): void {
  const attributes = JSON.stringify({ ...column, ...members });
  database.query('UPDATE objects SET attributes = ? WHERE id = ?', [attributes, row.id]);
}

function goldenRow(uid: string): StoredRow {
  return (goldenTables('store').objects as readonly StoredRow[]).find(({ id }) => id === uid)!;
}

/** A new key under it, as `kek-dep-aes` is under `kek`. */
function wrapUnder(
  database: Bare,
  leftover: StoredObject,
  contents: Contents,
  random: Random,
): void {
  const {
    row: { id: under, owner },
  } = leftover;
  const wrapping = bytesOf(contents, under);
  const mask = Number(leftover.column['CryptographicUsageMask'] ?? 0);
  const isAes = leftover.column['CryptographicAlgorithm'] === 'AES';
  if (wrapping === null || !isAes || (mask & 16) === 0) return;
  const id = `under-${random(1_000_000)}`;
  const cipher = createCipheriv(
    `id-aes${wrapping.length * 8}-wrap-pad`,
    wrapping,
    Buffer.from('A65959A6', 'hex'),
  );
  const bytes = Buffer.concat([
    cipher.update(createHash('sha256').update(id).digest()),
    cipher.final(),
  ]);
  const { attributes, object } = goldenRow('kek-dep-aes');
  insert(database, [
    {
      id,
      owner,
      state: 'Active',
      wrapping_key_id: under,
      attributes: attributes
        .replaceAll('"kek"', JSON.stringify(under))
        .replaceAll('kek-dep-aes', id),
      object: object
        .replaceAll('"kek"', JSON.stringify(under))
        .replace(/"KeyValue":\[[\d,]*\]/, `"KeyValue":[${[...bytes].join()}]`),
    },
  ]);
  insertInto(database, 'tags', { id, tag: '_kk' });
}

/** A key that says it was derived from another one. */
function deriving({ objects }: Contents, uid: string, random: Random): StoredRow {
  const id = `derived-${random(1_000_000)}`;
  const { attributes, object, owner } = goldenRow('no-policy');
  const column = JSON.parse(attributes) as object;
  const Link = [{ LinkType: 'DerivationBaseObjectLink', LinkedObjectIdentifier: uid }];
  const key = [...createHash('sha256').update(`${id} ${objects.size}`).digest()].join();
  return {
    id,
    owner,
    state: 'Active',
    wrapping_key_id: null,
    attributes: JSON.stringify({ ...column, UniqueIdentifier: id, Link }),
    object: object.replace(/"Key":\[[\d,]*\]/, `"Key":[${key}]`).replaceAll('no-policy', id),
  };
}

/** A server writes what it has in its cache: object, attributes and wrapping key, not the state (storage format §1.8). */
async function writtenBack(path: string, former: Contents, random: Random): Promise<string> {
  const now = await readStore(path);
  const changed = [...former.objects.values()].filter(({ row }) => {
    const is = now.objects.get(row.id);
    return (
      is !== undefined &&
      !is.row.state.startsWith('Destroyed') &&
      is.row.attributes !== row.attributes
    );
  });
  if (changed.length === 0) return 'nothing';
  const { row } = random.of(changed);
  write(path, (database) => {
    database.query(
      'UPDATE objects SET object = ?, attributes = ?, wrapping_key_id = ? WHERE id = ?',
      [row.object, row.attributes, row.wrapping_key_id, row.id],
    );
  });
  return row.id;
}
