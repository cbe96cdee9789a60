// Stands in for a running server beside the runs of a soak: it writes attributes, creates, revokes and deletes objects,
// and writes back what it has in its cache (storage format §1.7, §1.8). It remembers what it did, for the check after.
import { setTimeout as pause } from 'node:timers/promises';
import { connectBare, kindOf, type Bare } from '../../support/sql.js';
import {
  linksOf,
  storedObject,
  type Contents,
  type StoredObject,
} from '../../support/store-contents.js';
import { insertionsOf, type StoredRow } from '../../support/store.js';
import { aNewKey, aNewWrappedKey, revoked, withComment } from './written-rows.js';

type Operation = 'written' | 'created' | 'revoked' | 'deleted' | 'written back' | 'refused';

export interface StandIn {
  /** Begins anew from what the store holds. */
  look(contents: Contents): void;
  work(stopped: () => boolean): Promise<void>;
  /** What the store would have held at the last look, had all that was written since been there. */
  asWritten(): Contents;
  /** What the store holds without what was written back over replaced keys, and what somebody made of that. */
  withoutWriteBacks(contents: Contents): {
    readonly contents: Contents;
    readonly faults: readonly string[];
  };
  /** How often each was done since the last look. */
  counts(): ReadonlyMap<Operation, number>;
  /** The number of its session on a MySQL server, which nobody may cut: it would not know what was committed. */
  session(): number | null;
  close(): Promise<void>;
}

const PAUSE_MS = 60;
const DELETED_AT_ONCE = 8;

/** What a server meets beside runs and on a full disk, and tries again or refuses. */
const REFUSALS =
  /^(SQLITE_(BUSY|FULL|IOERR)|ER_LOCK_DEADLOCK|ER_LOCK_WAIT_TIMEOUT|40P01|40001|53100|ER_DISK_FULL|ER_RECORD_FILE_FULL)/;
/** One that was begun too late to be spared. */
const CUT = /^(ECONNRESET|PROTOCOL_CONNECTION_LOST|ER_CONNECTION_KILLED|ER_QUERY_INTERRUPTED)/;

export function standIn(url: string, random: () => number): StandIn {
  const lock = kindOf(url) === 'sqlite' ? '' : 'FOR UPDATE';
  const begin = kindOf(url) === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN';
  let session: Bare | null = null;
  let sessionId: number | null = null;
  let number = 0;
  let before: Contents = {
    objects: new Map(),
    tags: new Map(),
    grants: new Map(),
    rotationsLogged: [],
  };
  const living: string[] = [];
  const removable: string[] = [];
  const last = new Map<string, StoredObject>();
  const newTags = new Map<string, readonly string[]>();
  const removed = new Set<string>();
  const overwritten = new Map<
    string,
    { readonly written: StoredObject; readonly genuine: StoredObject }
  >();
  const counts = new Map<Operation, number>();

  const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
  const known = (uid: string) => last.get(uid) ?? before.objects.get(uid);

  const locked = async (bare: Bare, uid: string): Promise<StoredObject | null> => {
    const rows = await bare.query(`SELECT * FROM objects WHERE id = ? ${lock}`, [uid]);
    const [row] = rows as readonly StoredRow[];
    return row === undefined ? null : storedObject(row);
  };
  /** Everything but state and owner, and says what the database has of it then. */
  const update = async (bare: Bare, row: StoredRow): Promise<StoredObject> => {
    const set = 'object = ?, attributes = ?, wrapping_key_id = ?';
    const values = [row.object, row.attributes, row.wrapping_key_id, row.id];
    await bare.query(`UPDATE objects SET ${set} WHERE id = ?`, values);
    return (await locked(bare, row.id))!;
  };

  /** Each does its work in a transaction, and returns what to remember when that is committed; null if it did nothing. */
  type Work = (bare: Bare) => Promise<(() => void) | null>;

  const write: Work = async (bare) => {
    const is = await locked(bare, pick(living) ?? '');
    if (is === null || !isCurrent(is)) return null;
    const written = await update(bare, withComment(is.row, `write ${(number += 1)}`));
    return () => last.set(is.row.id, written);
  };

  const create: Work = async (bare) => {
    const uid = `created-${(number += 1)}-${Date.now()}`;
    const isWrapped = random() < 0.4;
    const row = isWrapped ? aNewWrappedKey(uid, before, random) : aNewKey(uid, random);
    if (row === null) return null;
    const tags = isWrapped ? ['_kk'] : ['_kk', 'env:new'];
    for (const { statement, values } of insertionsOf([row], tags))
      await bare.query(statement, values);
    const created = (await locked(bare, uid))!;
    return () => {
      last.set(uid, created);
      newTags.set(uid, tags);
    };
  };

  const revoke: Work = async (bare) => {
    const is = await locked(
      bare,
      pick(living.filter((uid) => /^(created|plain|keyset)-/.test(uid))) ?? '',
    );
    if (is === null || !isCurrent(is)) return null;
    const state = random() < 0.5 ? 'Deactivated' : 'Compromised';
    await update(bare, revoked(is.row, state));
    await bare.query('UPDATE objects SET state = ? WHERE id = ?', [state, is.row.id]);
    const written = (await locked(bare, is.row.id))!;
    return () => last.set(is.row.id, written);
  };

  /** Several at once, so that the store does not grow by what is replaced meanwhile. */
  const remove: Work = async (bare) => {
    const some = removable.splice(-DELETED_AT_ONCE).flatMap((uid) => {
      const is = before.objects.get(uid);
      return is === undefined ? [] : [uid, ...linksOf(is.column, 'PublicKeyLink')];
    });
    if (some.length === 0) return null;
    const places = some.map(() => '?').join(', ');
    const wrapped = await bare.query(
      `SELECT id FROM objects WHERE wrapping_key_id IN (${places})`,
      some,
    );
    if (wrapped.length > 0) return null;
    for (const table of ['objects', 'tags', 'read_access'])
      await bare.query(`DELETE FROM ${table} WHERE id IN (${places})`, some);
    return () => {
      for (const one of some) {
        removed.add(one);
        overwritten.delete(one);
      }
    };
  };

  /** A dependant that was re-wrapped, or a key that was replaced, since the server has read it. */
  const writeBack: Work = async (bare) => {
    const isDependant = (uid: string) => known(uid)?.row.wrapping_key_id !== null;
    const wanted = random() < 0.5;
    const uid = pick(living.filter((one) => isDependant(one) === wanted)) ?? '';
    const cached = known(uid);
    const is = await locked(bare, uid);
    if (cached === undefined || is === null || overwritten.has(uid)) return null;
    if (isCurrent(is) && wanted && is.row.wrapping_key_id !== cached.row.wrapping_key_id) {
      await update(bare, cached.row);
      return () => undefined;
    }
    if (wanted || isCurrent(is) || cached.row.state !== 'Active') return null;
    if (is.objectType !== 'SymmetricKey') return null;
    const written = await update(bare, cached.row);
    return () => overwritten.set(uid, { written, genuine: is });
  };

  const choose = (): readonly [Operation, Work] => {
    const choice = random();
    if (choice < 0.4 && removable.length > 0) return ['deleted', remove];
    if (choice < 0.7) return ['written', write];
    if (choice < 0.83) return ['created', create];
    if (choice < 0.87) return ['revoked', revoke];
    return ['written back', writeBack];
  };

  const open = async (): Promise<Bare> => {
    const opened = await connectBare(url);
    // Who waits there lets nothing else in this process go on.
    if (kindOf(url) === 'sqlite') await opened.query('PRAGMA busy_timeout = 100');
    if (kindOf(url) !== 'mysql') return opened;
    const [row] = await opened.query('SELECT CONNECTION_ID() AS id');
    sessionId = (row as { id: number }).id;
    return opened;
  };

  const attempt = async (operation: Operation, work: Work): Promise<void> => {
    let isEnding = false;
    try {
      session ??= await open();
      await session.query(begin);
      const remember = await work(session);
      isEnding = true;
      await session.query('COMMIT');
      if (remember === null) return;
      remember();
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!REFUSALS.test(code) && (isEnding || !CUT.test(code))) throw error;
      counts.set('refused', (counts.get('refused') ?? 0) + 1);
      await close();
      await pause(PAUSE_MS);
    }
  };

  const close = async (): Promise<void> => {
    await session?.close();
    session = null;
    sessionId = null;
  };

  return {
    look: (contents) => {
      before = contents;
      for (const memory of [last, newTags, removed, counts]) memory.clear();
      const wrapping = new Set(
        [...contents.objects.values()].map(({ row }) => row.wrapping_key_id),
      );
      const isWrapping = ({ row, column }: StoredObject) =>
        [row.id, ...linksOf(column, 'PublicKeyLink')].some((uid) => wrapping.has(uid));
      const all = [...contents.objects.values()];
      living.splice(0, Infinity, ...all.filter(isCurrent).map(({ row }) => row.id));
      const retired = all.filter(
        ({ row, objectType }) => row.state !== 'Active' && objectType !== 'PublicKey',
      );
      removable.splice(
        0,
        Infinity,
        ...retired.filter((one) => !isWrapping(one)).map(({ row }) => row.id),
      );
    },
    work: async (stopped) => {
      while (!stopped()) {
        await attempt(...choose());
        await pause(random() * PAUSE_MS);
      }
      await close();
    },
    asWritten: () => ({
      ...before,
      objects: new Map([...before.objects, ...last].filter(([uid]) => !removed.has(uid))),
      tags: new Map([...before.tags, ...newTags].filter(([uid]) => !removed.has(uid))),
      grants: new Map([...before.grants].filter(([uid]) => !removed.has(uid))),
    }),
    withoutWriteBacks: (contents) => {
      const objects = new Map(contents.objects);
      const faults: string[] = [];
      for (const [uid, { written, genuine }] of overwritten) {
        const is = objects.get(uid);
        if (JSON.stringify(is?.row) !== JSON.stringify(written.row))
          faults.push(`${uid} was replaced, written back by a server, and then changed`);
        objects.set(uid, genuine);
      }
      return { contents: { ...contents, objects }, faults };
    },
    counts: () => counts,
    session: () => sessionId,
    close,
  };
}

/** Active, and not replaced. */
function isCurrent({ row, column }: StoredObject): boolean {
  return row.state === 'Active' && linksOf(column, 'ReplacementObjectLink').length === 0;
}
