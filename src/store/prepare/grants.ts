// The privileges that a database's user needs, as the statements that grant them: for `kms init` and for
// runs. No connection is needed to tell, and none is made.
import { sqlitePath } from '../connect/connect.js';
import {
  LOG_TABLE,
  MIGRATIONS_LOCK_TABLE,
  MIGRATIONS_TABLE,
  OUTBOX_TABLE,
  WARNINGS_TABLE,
} from '../tables.js';
import { parseServerUrl } from '../connect/server-url.js';

export interface Grants {
  readonly dialect: 'sqlite' | 'postgresql' | 'mysql';
  /** For `kms init` on a store that a server has made. */
  readonly init: readonly string[];
  /** For runs; they name tables that init makes. */
  readonly run: readonly string[];
}

export const GRANTEE_PLACEHOLDER = 'YOUR_KMS_USER';

/** @throws KmsError InvalidConfiguration for a URL that cannot be used. */
export function grantsFor(url: string, grantee: string): Grants {
  if (sqlitePath(url) !== null) return { dialect: 'sqlite', init: [], run: [] };
  const { dialectName, address } = parseServerUrl(url);
  const grants = dialectName === 'mysql' ? mysqlGrants : postgresqlGrants;
  return { dialect: dialectName, ...grants(address.database, grantee) };
}

/** What a run does to each table; UPDATE is also what locks a row. */
const RUN_PRIVILEGES: readonly (readonly [table: string, privileges: string])[] = [
  ['objects', 'SELECT, INSERT, UPDATE'],
  ['tags', 'SELECT, INSERT'],
  ['read_access', 'SELECT, INSERT'],
  ['parameters', 'SELECT'],
  [LOG_TABLE, 'SELECT, INSERT'],
  [OUTBOX_TABLE, 'SELECT, INSERT, UPDATE'],
  [WARNINGS_TABLE, 'SELECT, INSERT'],
];

/** Tables whose rows a sequence of PostgreSQL's numbers. */
const NUMBERED = [LOG_TABLE, OUTBOX_TABLE, WARNINGS_TABLE];

function postgresqlGrants(database: string, grantee: string): Omit<Grants, 'dialect'> {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const to = `TO ${quoted(grantee)};`;
  const connect = `GRANT CONNECT ON DATABASE ${quoted(database)} ${to}`;
  // By the table that whoever runs it finds: so its names are looked up in the other statements too.
  const granting = (what: string, name: string) =>
    `DO $$BEGIN EXECUTE (SELECT format('GRANT ${what} TO %I', ${name}, ${literal(grantee)}) ` +
    `FROM pg_class WHERE oid = 'objects'::regclass); END$$;`;
  const onSchema = (privileges: string) =>
    granting(`${privileges} ON SCHEMA %s`, 'relnamespace::regnamespace');
  return {
    init: [
      connect,
      onSchema('USAGE, CREATE'),
      // Only who owns a table may index it.
      granting('%s', 'relowner::regrole'),
    ],
    run: [
      connect,
      onSchema('USAGE'),
      ...RUN_PRIVILEGES.map(([table, privileges]) => `GRANT ${privileges} ON ${table} ${to}`),
      ...NUMBERED.map((table) => `GRANT USAGE ON SEQUENCE ${table}_id_seq ${to}`),
      `GRANT EXECUTE ON FUNCTION kms_rotation_deadline(jsonb) ${to}`,
    ],
  };
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * What init does to each table, and takes away again; ALTER is also what makes and drops an index. It reads keys for
 * whoever is asked about the settings.
 */
const MYSQL_INIT_PRIVILEGES: readonly (readonly [table: string, privileges: string])[] = [
  ['objects', 'SELECT, ALTER'],
  ['tags', 'SELECT'],
  ['read_access', 'SELECT'],
  ['parameters', 'SELECT'],
  [LOG_TABLE, 'SELECT, CREATE, ALTER, DROP'],
  [OUTBOX_TABLE, 'CREATE, ALTER, DROP'],
  [WARNINGS_TABLE, 'CREATE, ALTER, DROP'],
  [MIGRATIONS_TABLE, 'SELECT, INSERT, CREATE, DROP'],
  [MIGRATIONS_LOCK_TABLE, 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP'],
];

/** A table at a time: in a grant on a whole database, _ and % in its name would stand for others. */
function mysqlGrants(database: string, grantee: string): Omit<Grants, 'dialect'> {
  const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;
  const [, user = grantee, host = '%'] = /^(.*)@([^@]*)$/s.exec(grantee) ?? [];
  const account = [user, host].map((name) => `'${name.replace(/['\\]/g, '\\$&')}'`).join('@');
  const grant = ([table, privileges]: readonly [string, string]) =>
    `GRANT ${privileges} ON ${quoted(database)}.${quoted(table)} TO ${account};`;
  return {
    init: MYSQL_INIT_PRIVILEGES.map(grant),
    run: RUN_PRIVILEGES.map(grant),
  };
}
