// One private server of each kind that speaks TLS and asks for passwords, started when a test first needs
// it and there until all tests are over.
import { chmodSync, chownSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority, type Authority, type Certificate } from './certificates.js';
import { describeEachPrivateServer, makeServer, type PrivateServer } from './private-servers.js';
import { idsOf, SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sql } from './sql.js';

export interface OwnServer extends PrivateServer {
  readonly authority: Authority;
  /** What it shows unless a test has put another one there: for localhost and 127.0.0.1. */
  readonly certificate: Certificate;
}

/** Who may come in on PostgreSQL, and how; on the others a test says so when it makes a user. */
const PG_HBA = `
local   all         postgres        trust
host    all         postgres        samehost trust
host    replication postgres        samehost trust
hostssl all         kms_certificate samehost trust clientcert=verify-ca
hostssl all         kms_tls         samehost trust
host    all         kms_password    samehost scram-sha-256
local   all         kms_password    scram-sha-256
`;

const started = new Map<ServerKind['name'], Promise<OwnServer>>();

/** A suite for each kind of server; all such suites share one server of a kind. */
export function describeEachOwnServer(
  title: string,
  suite: (server: () => OwnServer, name: ServerKind['name']) => void,
): void {
  describeEachPrivateServer(
    title,
    (server, name) => {
      suite(() => server() as OwnServer, name);
    },
    // Stopped with this process, not with the suite.
    async (kind) => ({ ...(await ownServer(kind)), stop: () => Promise.resolve() }),
  );
}

function ownServer(kind: ServerKind): Promise<OwnServer> {
  const server = started.get(kind.name) ?? start(kind);
  started.set(kind.name, server);
  return server;
}

async function start(kind: ServerKind): Promise<OwnServer> {
  const authority = makeAuthority('kms tests');
  const certificate = authority.sign('localhost', { names: 'DNS:localhost,IP:127.0.0.1' });
  const server = { ...(await makeServer(kind)), authority, certificate };
  placeCertificate(server, certificate);
  place(server, authority.cert, 'ca.pem');
  const settings = [
    `ssl-ca=${server.seen}/ca.pem`,
    `ssl-cert=${server.seen}/server.pem`,
    `ssl-key=${server.seen}/server.key`,
  ];
  if (kind.name === 'postgresql') {
    writeFileSync(join(server.folder, 'data', 'pg_hba.conf'), PG_HBA);
    writeFileSync(join(server.folder, 'data', 'postgresql.conf'), pgConf(server.seen));
    writeFileSync(join(server.folder, 'openssl.cnf'), ANY_CERTIFICATE);
    await server.start();
  } else {
    await server.start(settings.map((setting) => `--${setting}`));
  }
  return server;
}

/** In a file, so that a test can change it while the server runs. */
const pgConf = (seen: string) => `
ssl = on
ssl_ca_file = '${seen}/ca.pem'
ssl_cert_file = '${seen}/server.pem'
ssl_key_file = '${seen}/server.key'
`;

/** Lets the server show a certificate that OpenSSL holds for too weak. */
const ANY_CERTIFICATE = `openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
CipherString = DEFAULT@SECLEVEL=0
`;

const RELOAD = {
  postgresql: 'SELECT pg_reload_conf()',
  mariadb: 'FLUSH SSL',
  mysql: 'ALTER INSTANCE RELOAD TLS',
};

/** Makes a server show another certificate from now on. */
export async function showCertificate(server: OwnServer, certificate: Certificate): Promise<void> {
  placeCertificate(server, certificate);
  await sql(server.url, RELOAD[server.name]);
}

function placeCertificate(server: PrivateServer, { cert, key }: Certificate): void {
  place(server, cert, 'server.pem');
  place(server, key, 'server.key');
}

function place({ name, folder }: PrivateServer, file: string, as: string): void {
  const path = join(folder, as);
  copyFileSync(file, path);
  chmodSync(path, 0o600);
  const user = SERVER_KINDS.find((kind) => kind.name === name)?.user ?? null;
  const ids = idsOf(user);
  if (ids !== null) chownSync(path, ids.uid, ids.gid);
}
