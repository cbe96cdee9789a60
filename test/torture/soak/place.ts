// Where a soak has its store: an SQLite file, or a database on a server of its own, on a disk that can be filled.
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from '../../support/databases.js';
import { makeServer, type PrivateServer } from '../../support/private-servers.js';
import { idsOf, SERVER_KINDS } from '../../support/server-kinds.js';
import { kindOf, sql } from '../../support/sql.js';
import { adopt } from '../../support/store.js';
import { temporaryFolder } from '../../support/temporary.js';
import { mountDisk, type FillableDisk } from './small-disk.js';

export interface SoakPlace {
  readonly url: string;
  readonly disk: FillableDisk;
  close(): Promise<void>;
}

const DISK = '512m';

/** Makes an empty store. */
export async function makePlace({ name }: TestDatabase): Promise<SoakPlace> {
  if (name === 'sqlite') {
    const folder = temporaryFolder();
    const disk = mountDisk(folder, DISK, null);
    return { url: await adopt(join(folder, 'kms.db')), disk, close: () => gone(disk) };
  }
  const kind = SERVER_KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`no server ${name}`);
  const server = await makeServer(kind);
  await server.start();
  const { url, disk } = await (name === 'postgresql' ? onTablespace : onMount)(server, kind.user);
  await adopt(url);
  return {
    url,
    disk,
    close: async () => {
      await server.stop();
      await gone(disk);
    },
  };
}

function gone(disk: FillableDisk): Promise<void> {
  disk.unmount();
  return Promise.resolve();
}

type Made = Pick<SoakPlace, 'url' | 'disk'>;

/** The tables alone are on the disk: a server ends when it cannot write its own log. */
async function onTablespace({ url, folder }: PrivateServer, user: string | null): Promise<Made> {
  const place = join(folder, 'small');
  mkdirSync(place);
  const disk = mountDisk(place, DISK, idsOf(user));
  await sql(url, `CREATE TABLESPACE small LOCATION '${place}'`);
  await sql(url, 'CREATE DATABASE soak TABLESPACE small');
  return { url: new URL('/soak', url).href, disk };
}

/** The folder of the database is the disk. */
async function onMount({ url, folder }: PrivateServer, user: string | null): Promise<Made> {
  const settings = 'CHARACTER SET utf8mb4';
  await sql(url, `CREATE DATABASE soak ${settings}`);
  const place = join(folder, 'data', 'soak');
  // MariaDB keeps the character set here; MySQL, in its dictionary, and the folder is empty.
  const options = readdirSync(place).map((name) => ({
    name,
    bytes: readFileSync(join(place, name)),
  }));
  const ids = idsOf(user);
  const disk = mountDisk(place, DISK, ids);
  for (const { name, bytes } of options) {
    writeFileSync(join(place, name), bytes);
    if (ids !== null) chownSync(join(place, name), ids.uid, ids.gid);
  }
  return { url: new URL('/soak', url).href, disk };
}

/** How many sessions a database has besides the one that asks, and those that are spared. */
export async function sessionsOf(url: string): Promise<number> {
  if (kindOf(url) === 'sqlite') return 0;
  const rows = await sql<{ id: number }>(url, SESSIONS[kindOf(url) as 'postgresql' | 'mysql']);
  return rows.length;
}

const SESSIONS = {
  postgresql: `SELECT pid AS id FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  mysql: `SELECT id FROM information_schema.processlist
    WHERE db = DATABASE() AND id <> CONNECTION_ID()`,
} as const;
