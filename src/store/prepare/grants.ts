// The privileges that a database user needs for each use of kms, as the statements that grant them. It makes no connection.
import { sqlitePath } from '../connect/connect.js';
import { DEADLINE_FUNCTION, END_FUNCTION } from '../dialects/postgresql/postgresql-indexes.js';
import { SCHEMA_LOCK_TABLE } from '../dialects/schema-lock.js';
import {
  CHAINS_TABLE,
  CONDITIONS_TABLE,
  LOG_TABLE,
  MIGRATIONS_LOCK_TABLE,
  MIGRATIONS_TABLE,
  OPTIONS_TABLE,
  OUTBOX_TABLE,
  REQUESTS_TABLE,
  RETIRING_TABLE,
  RUNS_TABLE,
  STORE_TABLE,
  WARNINGS_TABLE,
} from '../own/our-tables.js';
import { parseServerUrl } from '../connect/url/server-url.js';

export interface Grants {
  readonly dialect: 'sqlite' | 'postgresql' | 'mysql';
  /** For `kms init` on a store that a server has created. */
  readonly init: readonly string[];
  /** For runs; they name tables that init creates. */
  readonly run: readonly string[];
  /** For `kms doctor --fix`, beyond those for runs; to build indexes it takes those for init. */
  readonly doctor: readonly string[];
  /** For `kms prune`, by a user who does nothing else: runs may not delete from the log. */
  readonly prune: readonly string[];
  /** For commands that only read. */
  readonly read: readonly string[];
}

/** What needs privileges. */
export const GRANT_GROUPS = ['init', 'run', 'doctor', 'prune', 'read'] as const;
export type GrantGroup = (typeof GRANT_GROUPS)[number];

export const GRANTEE_PLACEHOLDER = 'YOUR_KMS_USER';

/** @throws KmsError InvalidConfiguration for a URL that cannot be used. */
export function grantsFor(url: string, grantee: string): Grants {
  if (sqlitePath(url) !== null) {
    return { dialect: 'sqlite', init: [], run: [], doctor: [], prune: [], read: [] };
  }
  const { dialectName, address } = parseServerUrl(url);
  const grants = dialectName === 'mysql' ? mysqlGrants : postgresqlGrants;
  return { dialect: dialectName, ...grants(address.database, grantee) };
}

interface TablePrivileges {
  readonly table: string;
  /** One that can be updated. */
  readonly column: string;
  readonly privileges: readonly string[];
}

type Privileges = Omit<TablePrivileges, 'column'>;

/** What a run does to each table; locking a row takes UPDATE too. */
export const RUN_PRIVILEGES: readonly TablePrivileges[] = [
  { table: 'objects', column: 'state', privileges: ['SELECT', 'INSERT', 'UPDATE'] },
  { table: 'tags', column: 'tag', privileges: ['SELECT', 'INSERT'] },
  { table: 'read_access', column: 'userid', privileges: ['SELECT', 'INSERT'] },
  { table: 'parameters', column: 'value', privileges: ['SELECT'] },
  { table: LOG_TABLE, column: 'uid', privileges: ['SELECT', 'INSERT'] },
  {
    table: CHAINS_TABLE,
    column: 'named_hash',
    privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
  { table: OUTBOX_TABLE, column: 'uid', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  { table: WARNINGS_TABLE, column: 'uid', privileges: ['SELECT', 'INSERT'] },
  { table: CONDITIONS_TABLE, column: 'id', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  { table: RUNS_TABLE, column: 'run_id', privileges: ['SELECT', 'INSERT', 'UPDATE'] },
  { table: OPTIONS_TABLE, column: 'uid', privileges: ['SELECT', 'INSERT', 'DELETE'] },
  { table: REQUESTS_TABLE, column: 'uid', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  {
    table: RETIRING_TABLE,
    column: 'ends_at',
    privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
  { table: STORE_TABLE, column: 'id', privileges: ['SELECT'] },
  // For kms version and kms doctor alone.
  { table: MIGRATIONS_TABLE, column: 'name', privileges: ['SELECT'] },
];

/** What doctor does besides: it removes left-over tags and grants, and looks at the lock of kms init. */
const DOCTOR_PRIVILEGES: readonly Privileges[] = [
  { table: 'tags', privileges: ['DELETE'] },
  { table: 'read_access', privileges: ['DELETE'] },
  { table: MIGRATIONS_LOCK_TABLE, privileges: ['SELECT'] },
];

/** Whatever a run touches; what opens a store looks for each of our tables. */
const READ_PRIVILEGES: readonly Privileges[] = RUN_PRIVILEGES.map(({ table }) => ({
  table,
  privileges: ['SELECT'],
}));

const PRUNED: readonly string[] = [LOG_TABLE, OUTBOX_TABLE, WARNINGS_TABLE, CONDITIONS_TABLE];

/** Each prune leaves a row about what it removed, in a chain of the log. */
const CHAINED: readonly string[] = [LOG_TABLE, CHAINS_TABLE];

const PRUNE_PRIVILEGES: readonly Privileges[] = RUN_PRIVILEGES.filter(
  ({ table }) => table !== MIGRATIONS_TABLE,
).map(({ table, privileges }) => ({
  table,
  privileges: [
    ...(CHAINED.includes(table) ? privileges : ['SELECT']),
    ...(PRUNED.includes(table) ? ['DELETE'] : []),
  ],
}));

/** By which PostgreSQL numbers the rows of our tables. */
const LOG_SEQUENCE = `${LOG_TABLE}_id_seq`;
export const SEQUENCES: readonly string[] = [
  LOG_SEQUENCE,
  ...[OUTBOX_TABLE, WARNINGS_TABLE].map((table) => `${table}_id_seq`),
];

function postgresqlGrants(database: string, grantee: string): Omit<Grants, 'dialect'> {
  const to = `TO ${quoted(grantee)};`;
  const grant = ({ table, privileges }: Privileges) =>
    grantOn({ dialect: 'postgresql', place: null, table, privileges, grantee });
  const connect = `GRANT CONNECT ON DATABASE ${quoted(database)} ${to}`;
  // The schema and the owner of the table `objects` that the search path leads to, as in the other statements.
  const granting = (what: string, name: string) =>
    block(
      `BEGIN EXECUTE (SELECT format('GRANT ${what} TO %I', ${name}, ${literal(grantee)}) ` +
        `FROM pg_class WHERE oid = 'objects'::regclass); END`,
    );
  const onSchema = (privileges: string) =>
    granting(`${privileges} ON SCHEMA %s`, 'relnamespace::regnamespace');
  const entrance = [connect, onSchema('USAGE')];
  const functions = [DEADLINE_FUNCTION, END_FUNCTION].map(
    (name) => `GRANT EXECUTE ON FUNCTION ${name}(jsonb) ${to}`,
  );
  return {
    init: [connect, onSchema('USAGE, CREATE'), grantOwner(grantee)],
    run: [
      ...entrance,
      ...RUN_PRIVILEGES.map(grant),
      ...SEQUENCES.map((sequence) => grantOnSequence({ place: null, sequence, grantee })),
      ...functions,
    ],
    doctor: DOCTOR_PRIVILEGES.map(grant),
    prune: [
      ...entrance,
      ...PRUNE_PRIVILEGES.map(grant),
      grantOnSequence({ place: null, sequence: LOG_SEQUENCE, grantee }),
    ],
    read: [...entrance, ...READ_PRIVILEGES.map(grant), ...functions],
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Returns the statement that lets a user of PostgreSQL number rows; `place` is the schema, if it is known. */
export function grantOnSequence({
  place,
  sequence,
  grantee,
}: {
  readonly place: string | null;
  readonly sequence: string;
  readonly grantee: string;
}): string {
  return grantOn({
    dialect: 'postgresql',
    place,
    table: sequence,
    privileges: ['USAGE'],
    grantee,
  }).replace(' ON ', ' ON SEQUENCE ');
}

/** Returns the statement that gives a user privileges on a table; `place` is its database, or its schema if known. */
export function grantOn({
  dialect,
  place,
  table,
  privileges,
  grantee,
}: {
  readonly dialect: Grants['dialect'];
  readonly place: string | null;
  readonly table: string;
  readonly privileges: readonly string[];
  readonly grantee: string;
}): string {
  const what = `GRANT ${privileges.join(', ')} ON`;
  if (dialect !== 'mysql') {
    const on = place === null ? table : `${quoted(place)}.${table}`;
    return `${what} ${on} TO ${quoted(grantee)};`;
  }
  const [, user = grantee, host = '%'] = /^(.*)@([^@]*)$/s.exec(grantee) ?? [];
  const account = [user, host].map((name) => `'${name.replace(/['\\]/g, '\\$&')}'`).join('@');
  const names = [place ?? '', table].map((name) => `\`${name.replaceAll('`', '``')}\``);
  return `${what} ${names.join('.')} TO ${account};`;
}

/**
 * Only the owner of a table may index it. Whoever is a member of a superuser's role, or of one that is itself a member
 * of such a role, may do all that the superuser may, so that is never granted.
 */
function grantOwner(grantee: string): string {
  return block(
    `DECLARE owner oid := (SELECT relowner FROM pg_class WHERE oid = 'objects'::regclass); BEGIN ` +
      `IF EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(owner, oid, 'MEMBER')) THEN ` +
      `RAISE NOTICE 'the role % is not granted, as it has the rights of a superuser: ` +
      `run kms init as %, or make another role the owner of the table objects', owner::regrole, owner::regrole; ` +
      `ELSE EXECUTE format('GRANT %s TO %I', owner::regrole, ${literal(grantee)}); END IF; END`,
  );
}

/** A block, quoted by dollars with a tag between them that it does not have: $$, $kms$, $kmskms$, … */
function block(body: string): string {
  let tag = '$$';
  while (body.includes(tag)) tag = `$kms${tag.slice(1)}`;
  return `DO ${tag}${body}${tag};`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * What init, and the removal of what it added, do to each table; an index takes ALTER. The dialogue of init also reads
 * keys, for what it proposes.
 */
const MYSQL_INIT_PRIVILEGES: readonly (readonly [table: string, privileges: string])[] = [
  ['objects', 'SELECT, ALTER'],
  ['tags', 'SELECT'],
  ['read_access', 'SELECT'],
  ['parameters', 'SELECT'],
  [LOG_TABLE, 'SELECT, INSERT, UPDATE, CREATE, ALTER, DROP'],
  [CHAINS_TABLE, 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP'],
  [OUTBOX_TABLE, 'CREATE, ALTER, DROP'],
  [WARNINGS_TABLE, 'CREATE, ALTER, DROP'],
  [CONDITIONS_TABLE, 'SELECT, INSERT, CREATE, ALTER, DROP'],
  [RUNS_TABLE, 'CREATE, DROP'],
  [OPTIONS_TABLE, 'SELECT, CREATE, DROP'],
  [REQUESTS_TABLE, 'SELECT, CREATE, DROP'],
  [RETIRING_TABLE, 'SELECT, CREATE, DROP'],
  [STORE_TABLE, 'SELECT, INSERT, UPDATE, CREATE, ALTER, DROP'],
  [MIGRATIONS_TABLE, 'SELECT, INSERT, CREATE, DROP'],
  [MIGRATIONS_LOCK_TABLE, 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP'],
  [SCHEMA_LOCK_TABLE, 'CREATE, DROP'],
];

/** Grants on single tables: in a grant on a database, _ and % in its name are wildcards. */
function mysqlGrants(database: string, grantee: string): Omit<Grants, 'dialect'> {
  const grant = ({ table, privileges }: Privileges) =>
    grantOn({ dialect: 'mysql', place: database, table, privileges, grantee });
  return {
    init: MYSQL_INIT_PRIVILEGES.map(([table, privileges]) =>
      grant({ table, privileges: [privileges] }),
    ),
    run: RUN_PRIVILEGES.map(grant),
    doctor: DOCTOR_PRIVILEGES.map(grant),
    prune: PRUNE_PRIVILEGES.map(grant),
    read: READ_PRIVILEGES.map(grant),
  };
}
