// TLS as a database URL asks for it: its options, what is refused before anything is sent (design §7), and how it works
// with servers that speak TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf, KmsError, type Reason } from '../../../src/errors.js';
import { openStore } from '../../../src/store/open.js';
import { serverUrlWithin } from '../../../src/store/connect/url/postgresql-variables.js';
import { tlsAttempts } from '../../../src/store/connect/tls.js';
import { makeAuthority, type CertificateOptions } from '../../support/certificates.js';
import {
  describeEachOwnServer,
  showCertificate,
  type OwnServer,
} from '../../support/own-servers.js';
import { until } from '../../support/poll.js';
import { describeEachPrivateServer } from '../../support/private-servers.js';
import { sql } from '../../support/sql.js';
import { adopt } from '../../support/store.js';
import { temporaryFolder } from '../../support/temporary.js';

const file = (text: string) => {
  const path = join(temporaryFolder(), 'file.pem');
  writeFileSync(path, text);
  return path;
};

const openssl = (...argv: readonly string[]) => execFileSync('openssl', argv, { stdio: 'pipe' });

/** Returns a PKCS#12 file with the password `p w`. */
function packed({ cert, key }: { readonly cert: string; readonly key: string }): string {
  const path = join(temporaryFolder(), 'identity.p12');
  openssl('pkcs12', '-export', '-in', cert, '-inkey', key, '-out', path, '-passout', 'pass:p w');
  return path;
}

describe('tlsAttempts', () => {
  const authority = makeAuthority('kms tests');
  const client = authority.sign('client');
  const other = authority.sign('other');
  const attempts = (parameters: Record<string, string>, env: Record<string, string> = {}) => {
    const query = new URLSearchParams(parameters).toString();
    return tlsAttempts(serverUrlWithin(env, `postgres://kms@db/kms?${query}`).tls);
  };
  const options = (parameters: Record<string, string>, env: Record<string, string> = {}) => {
    const [first, second] = attempts(parameters, env);
    assert.equal(second, undefined);
    return first;
  };

  it('is off if nothing asks for it, or with disable', () => {
    for (const parameters of [{}, { sslmode: 'disable' }, { 'ssl-mode': 'DISABLED' }]) {
      assert.equal(options(parameters), null);
    }
  });

  for (const [parameters, rejectUnauthorized, verifyIdentity] of [
    [{ sslmode: 'require' }, false, false],
    [{ 'ssl-mode': 'REQUIRED' }, false, false],
    [{ ssl_mode: 'REQUIRED' }, false, false],
    [{ sslmode: 'require', sslrootcert: authority.cert }, true, false],
    [{ sslmode: 'verify-ca', sslrootcert: authority.cert }, true, false],
    [{ 'ssl-mode': 'VERIFY_CA', 'ssl-ca': authority.cert }, true, false],
    [{ sslmode: 'verify-full' }, true, true],
    [{ 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authority.cert }, true, true],
    [{ sslrootcert: authority.cert }, true, true],
  ] as const) {
    const shown = new URLSearchParams(parameters).toString().replace(/%2F[^&]*/, '…');
    it(`verifies ${verifyIdentity ? 'all' : rejectUnauthorized ? 'the authority' : 'nothing'} with ${shown}`, () => {
      const tls = options(parameters);
      assert.equal(tls?.rejectUnauthorized, rejectUnauthorized);
      assert.equal(tls.verifyIdentity, verifyIdentity);
      assert.equal(tls.checkServerIdentity === undefined, verifyIdentity);
    });
  }

  it('tries TLS first with prefer, and second with allow; neither verifies anything', () => {
    for (const [parameters, at] of [
      [{ sslmode: 'prefer' }, 0],
      [{ 'ssl-mode': 'PREFERRED' }, 0],
      [{ sslmode: 'allow' }, 1],
    ] as const) {
      const tried = attempts(parameters);
      assert.equal(tried.length, 2);
      assert.equal(tried[at]?.rejectUnauthorized, false);
      assert.equal(tried[1 - at], null);
    }
  });

  it('is what PostgreSQL’s variables ask for, where the URL does not say', () => {
    const env = { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: authority.cert, PGSSLCERT: '' };
    const asked = options({}, env);
    assert.equal(asked?.ca, readFileSync(authority.cert, 'utf8'));
    assert.deepEqual([asked.rejectUnauthorized, asked.verifyIdentity], [true, false]);
    const full = options({ sslmode: 'verify-full' }, env);
    assert.deepEqual([full?.verifyIdentity, full?.ca], [true, asked.ca]);
    assert.equal(options({ sslmode: 'disable' }, env), null);
    for (const mode of ['disable', ''])
      assert.equal(options({}, { ...env, PGSSLMODE: mode }), null);
    for (const mode of ['allow', 'prefer']) {
      assert.equal(attempts({}, { ...env, PGSSLMODE: mode }).length, 2);
    }
    assert.throws(() => options({}, { PGSSLMODE: 'verify_all' }), /PGSSLMODE has an unknown value/);
  });

  it('asks no TLS of a unix socket, whatever the variables say', () => {
    const env = { PGSSLMODE: 'verify-full' };
    assert.ok(serverUrlWithin(env, 'postgres:///kms?host=/run/pg'));
  });

  it('takes the authorities of this host for sslrootcert=system', () => {
    const found = [process.env['SSL_CERT_FILE']];
    process.env['SSL_CERT_FILE'] = authority.cert;
    try {
      for (const parameters of [{}, { sslmode: 'verify-full' }]) {
        const asked = options({ ...parameters, sslrootcert: 'system' });
        assert.deepEqual(
          [asked?.ca, asked?.verifyIdentity],
          [readFileSync(authority.cert, 'utf8'), true],
        );
      }
    } finally {
      if (found[0] === undefined) Reflect.deleteProperty(process.env, 'SSL_CERT_FILE');
      else process.env['SSL_CERT_FILE'] = found[0];
    }
  });

  it('takes a client’s certificate and key from a PKCS#12 file, and a key with a passphrase', () => {
    const [identity, locked] = [packed(client), join(temporaryFolder(), 'locked.key')];
    openssl('pkey', '-in', client.key, '-aes256', '-passout', 'pass:p w', '-out', locked);
    const asked = { 'ssl-mode': 'REQUIRED', 'ssl-client-identity': identity };
    const asIdentity = options({ ...asked, 'ssl-client-identity-password': 'p w' });
    assert.equal(asIdentity?.cert, new X509Certificate(readFileSync(client.cert)).toString());
    assert.match(JSON.stringify(asIdentity.key), /^"-----BEGIN PRIVATE KEY/);
    assert.ok(
      options({ sslmode: 'require', sslcert: client.cert, sslkey: locked, sslpassword: 'p w' }),
    );
    for (const wrong of [{}, { 'ssl-client-identity-password': 'hunter2' }]) {
      assert.throws(() => options({ ...asked, ...wrong }), /cannot be used \(/);
    }
  });

  for (const [what, parameters, names] of [
    ['a word that is not a mode', { sslmode: 'constructor' }, /sslmode has an unknown value/],
    ['a misspelt mode', { 'ssl-mode': 'VERIFY_FULL' }, /ssl-mode has an unknown value/],
    ['an empty mode', { sslmode: '' }, /sslmode has an unknown value/],
    ['a CA with TLS that is off', { sslmode: 'disable', sslrootcert: '/ca' }, /TLS is off/],
    [
      'a CA that verifies nothing',
      { sslmode: 'prefer', sslrootcert: '/ca' },
      /sslrootcert has no effect/,
    ],
    [
      'every authority of the host, for any name',
      { sslmode: 'require', sslrootcert: 'system' },
      /host name to be verified/,
    ],
    ['a client key without TLS', { sslkey: '/key' }, /sslkey is given, but TLS is off/],
    ['two modes', { sslmode: 'disable', 'ssl-mode': 'REQUIRED' }, /given twice/],
    [
      'two client certificates',
      { sslmode: 'require', sslcert: 'c', sslkey: 'k', 'ssl-client-identity': 'i' },
      /two client certificates/,
    ],
    [
      'the password of no identity',
      { sslmode: 'require', 'ssl-client-identity-password': 'p' },
      /without an identity/,
    ],
    ['the password of no key', { sslmode: 'require', sslpassword: 'p' }, /without a key/],
    ['a file that is not there', { sslrootcert: '/no/ca.pem' }, /\/no\/ca\.pem, cannot be read/],
    ['a CA file without a certificate', { sslrootcert: file('none') }, /no certificate in PEM/],
    ['a certificate without its key', { sslmode: 'require', sslcert: client.cert }, /go together/],
    [
      'the key of another certificate',
      { sslmode: 'require', sslcert: client.cert, sslkey: other.key },
      /cannot be used \(ERR_OSSL_/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => options(parameters), {
        name: 'KmsError',
        reason: 'InvalidConfiguration',
        message: names,
        hint: /./,
      });
    });
  }
});

type UnsoundCertificate = readonly [
  what: string,
  options: CertificateOptions,
  says: RegExp,
  servers?: readonly string[],
];

describeEachOwnServer('TLS', (server, name) => {
  const stranger = makeAuthority('somebody else');
  const isPostgresql = name === 'postgresql';
  const parameter = isPostgresql
    ? { mode: 'sslmode', ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' }
    : { mode: 'ssl-mode', ca: 'ssl-ca', cert: 'ssl-cert', key: 'ssl-key' };
  const MODES = isPostgresql
    ? {
        off: 'disable',
        allow: 'allow',
        prefer: 'prefer',
        encrypt: 'require',
        ca: 'verify-ca',
        full: 'verify-full',
      }
    : {
        off: 'DISABLED',
        allow: 'allow',
        prefer: 'PREFERRED',
        encrypt: 'REQUIRED',
        ca: 'VERIFY_CA',
        full: 'VERIFY_IDENTITY',
      };
  let store = '';

  before(async function () {
    this.timeout(60_000);
    store = await adopt(await server().create());
    for (const [user, demand] of [
      ['kms_tls', 'SSL'],
      ['kms_certificate', 'X509'],
    ]) {
      if (isPostgresql) {
        await sql(store, `CREATE ROLE ${user} SUPERUSER LOGIN`);
      } else {
        await sql(store, `CREATE USER ${user}@'%' REQUIRE ${demand}`);
        await sql(store, `GRANT ALL ON *.* TO ${user}@'%'`);
      }
    }
  });

  interface Asked {
    readonly mode: keyof typeof MODES;
    readonly user?: 'kms_tls' | 'kms_certificate';
    readonly host?: string;
    readonly ca?: string;
    readonly client?: { readonly cert: string; readonly key: string };
    /** A PKCS#12 file with the password `p w`. */
    readonly identity?: string;
  }

  function urlOf({
    mode,
    user = 'kms_tls',
    host = 'localhost',
    ca,
    client,
    identity,
  }: Asked): string {
    const url = new URL(store);
    url.username = user;
    url.hostname = host;
    url.searchParams.set(parameter.mode, MODES[mode]);
    if (ca !== undefined) url.searchParams.set(parameter.ca, ca);
    if (client !== undefined) {
      url.searchParams.set(parameter.cert, client.cert);
      url.searchParams.set(parameter.key, client.key);
    }
    if (identity !== undefined) {
      url.searchParams.set('ssl-client-identity', identity);
      url.searchParams.set('ssl-client-identity-password', 'p w');
    }
    return url.href;
  }

  const open = async (asked: Asked) => {
    await (await openStore(urlOf(asked), { mode: 'write', busyTimeoutMs: 1000 })).close();
  };

  async function assertUnreachable(
    asked: Asked,
    says: RegExp,
    reason: Reason = 'StoreUnreachable',
  ): Promise<void> {
    await assert.rejects(open(asked), (error) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.deepEqual([error.reason, exitCodeOf(error)], [reason, 3]);
      assert.match(`${error.message}; ${error.hint ?? ''}`, says);
      return true;
    });
  }

  async function showing(
    certificate: OwnServer['certificate'],
    check: () => Promise<void>,
  ): Promise<void> {
    await showCertificate(server(), certificate);
    try {
      await check();
    } finally {
      await showCertificate(server(), server().certificate);
    }
  }

  for (const mode of ['encrypt', 'ca', 'full'] as const) {
    it(`connects with ${MODES[mode]} and the right CA`, async () => {
      await open({ mode, ca: server().authority.cert });
    });
  }

  it(`connects with ${MODES.encrypt} without a CA`, () => open({ mode: 'encrypt' }));

  for (const mode of ['encrypt', 'ca', 'full'] as const) {
    it(`refuses with ${MODES[mode]} a certificate that another CA signed`, async () => {
      await assertUnreachable({ mode, ca: stranger.cert }, /not signed by an authority/);
    });
  }

  for (const mode of ['ca', 'full'] as const) {
    it(`refuses with ${MODES[mode]} a certificate that no known CA signed`, async () => {
      await assertUnreachable({ mode }, /not signed by an authority.*name the authority/);
    });
  }

  it('verifies an address as such, not as localhost', async () => {
    const { authority } = server();
    const asked = { mode: 'full', ca: authority.cert, host: '127.0.0.1' } as const;
    await open(asked);
    await showing(authority.sign('localhost'), () => assertUnreachable(asked, /another host name/));
    await showing(authority.sign('address', { names: 'IP:127.0.0.1' }), () => open(asked));
  });

  it(`refuses another host's certificate with ${MODES.full}, accepts it with ${MODES.ca}`, async () => {
    const { authority } = server();
    await showing(authority.sign('db.example.org'), async () => {
      const ca = authority.cert;
      await assertUnreachable({ mode: 'full', ca }, /another host name.*write the host as/);
      await open({ mode: 'ca', ca });
    });
  });

  // MySQL shows no certificate that it cannot verify itself, and MariaDB none that OpenSSL holds for too weak.
  const UNSOUND: readonly UnsoundCertificate[] = [
    ['has expired', { days: -1 }, /has expired/],
    ['is for clients', { extension: 'extendedKeyUsage=clientAuth' }, /not one for servers/],
    ['has an unknown critical extension', { extension: '1.2.3.4=critical,ASN1:NULL' }, /extension/],
    ['is signed with SHA-1', { digest: 'sha1' }, /SHA-1, or its key is too short/, ['postgresql']],
    ['has a short key', { newKey: ['rsa:768'] }, /SHA-1, or its key is too short/, ['postgresql']],
  ];
  for (const [what, options, says, servers = ['postgresql', 'mariadb']] of UNSOUND) {
    if (!servers.includes(name)) continue;
    it(`refuses a certificate that ${what}, and says so`, async () => {
      const { authority } = server();
      const names = 'DNS:localhost';
      await showing(authority.sign('localhost', { names, ...options }), async () => {
        for (const mode of ['ca', 'full'] as const) {
          await assertUnreachable({ mode, ca: authority.cert }, says);
        }
        await open({ mode: 'encrypt' });
      });
    });
  }

  if (name !== 'mysql') {
    it('refuses a name that the authority may not certify, and says so', async () => {
      const ca = makeAuthority('of another', 'nameConstraints=critical,permitted;DNS:example.org');
      await showing(ca.sign('localhost'), () =>
        assertUnreachable({ mode: 'full', ca: ca.cert }, /may not certify \(name constraints\)/),
      );
    });
  }

  it('shows a client certificate to a server that demands one', async () => {
    const { authority } = server();
    const asked = { mode: 'full', user: 'kms_certificate', ca: authority.cert } as const;
    const own = authority.sign('kms_certificate');
    await open({ ...asked, client: own });
    await open({ ...asked, identity: packed(own) });
    await assertUnreachable(asked, /client certificate/, 'StoreAccessDenied');
    const client = stranger.sign('kms_certificate');
    await assertUnreachable({ ...asked, client }, /authority|handshake failed/);
  });

  it('is needed for a server that demands it', async () => {
    await assertUnreachable({ mode: 'off' }, /TLS/, 'StoreAccessDenied');
  });

  it(`is spoken with ${MODES.prefer}, and with ${MODES.allow} where nothing else will do`, async () => {
    await open({ mode: 'prefer' });
    await open({ mode: 'allow' });
  });

  if (isPostgresql) {
    it('fails with a server that does not speak it', async () => {
      const turn = async (setting: string) => {
        await sql(store, `ALTER SYSTEM SET ssl = ${setting}`);
        await sql(store, 'SELECT pg_reload_conf()');
      };
      await turn('off');
      try {
        await until('TLS is off', async () => {
          const [row] = await sql<{ ssl: string }>(store, 'SHOW ssl');
          return row?.ssl === 'off';
        });
        await assertUnreachable({ mode: 'encrypt' }, /TLS: the server does not speak it/);
        const options = { mode: 'read', busyTimeoutMs: 1000 } as const;
        await (await openStore(`${store}?sslmode=prefer`, options)).close();
      } finally {
        await turn('on');
      }
    });
  }
});

describeEachPrivateServer('TLS that a server does not speak', (server, name) => {
  // Tested above: it can turn TLS off and on while it runs.
  if (name === 'postgresql') return;

  it('is never left out, whatever the spelling that asks for it', async function () {
    this.timeout(120_000);
    const store = await adopt(await server().create());
    await server().stop();
    await server().start([name === 'mysql' ? '--tls-version=' : '--skip-ssl']);
    const open = async (asked: string) => {
      const options = { mode: 'read', busyTimeoutMs: 1000 } as const;
      await (await openStore(`${store}?${asked}`, options)).close();
    };
    for (const asked of ['ssl-mode=REQUIRED', 'sslmode=require', 'sslmode=verify-full']) {
      await assert.rejects(open(asked), /TLS: the server does not speak it/, asked);
    }
    for (const mode of ['DISABLED', 'PREFERRED', 'allow']) await open(`ssl-mode=${mode}`);
  });
});
