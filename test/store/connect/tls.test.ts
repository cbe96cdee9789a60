// TLS as a database URL asks for it: its options, what is refused before anything is sent (design §7), and how it works
// with servers that speak TLS.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../../../src/errors.js';
import { openStore } from '../../../src/store/open.js';
import { tlsParameters, tlsOptions } from '../../../src/store/connect/tls.js';
import { makeAuthority } from '../../support/certificates.js';
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

describe('tlsOptions', () => {
  const authority = makeAuthority('kms tests');
  const client = authority.sign('client');
  const other = authority.sign('other');
  const options = (parameters: Record<string, string>) =>
    tlsOptions(new URLSearchParams(parameters));

  it('is off if nothing asks for it, or with disable', () => {
    for (const parameters of [{}, { sslmode: 'disable' }, { 'ssl-mode': 'DISABLED' }]) {
      assert.equal(options(parameters), null);
    }
  });

  for (const [parameters, rejectUnauthorized, verifyIdentity] of [
    [{ sslmode: 'require' }, false, false],
    [{ 'ssl-mode': 'REQUIRED' }, false, false],
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

  it('is what PostgreSQL’s variables ask for, if the URL has no parameters for it', () => {
    const env = { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: authority.cert, PGSSLCERT: '' };
    const of = (parameters: Record<string, string>, environment: Record<string, string>) =>
      tlsOptions(tlsParameters(new URLSearchParams(parameters), environment));
    const asked = of({ host: '10.0.0.1' }, env);
    assert.equal(asked?.ca, readFileSync(authority.cert, 'utf8'));
    assert.deepEqual([asked.rejectUnauthorized, asked.verifyIdentity], [true, false]);
    assert.equal(of({ sslmode: 'verify-full' }, env)?.verifyIdentity, true);
    assert.equal(of({ sslmode: 'disable' }, env), null);
    for (const mode of ['disable', 'allow', 'prefer', '']) {
      assert.equal(of({}, { ...env, PGSSLMODE: mode }), null);
    }
    assert.throws(() => of({}, { PGSSLMODE: 'verify_all' }), {
      message: 'TLS of the database: PGSSLMODE=verify_all is not supported',
    });
  });

  for (const [what, parameters, names] of [
    [
      'prefer, which may end up without TLS',
      { sslmode: 'prefer' },
      /sslmode=prefer is not supported/,
    ],
    ['allow', { sslmode: 'allow' }, /sslmode=allow is not supported/],
    [
      'a word that is not a mode',
      { sslmode: 'constructor' },
      /sslmode=constructor is not supported/,
    ],
    ['a misspelt mode', { 'ssl-mode': 'VERIFY_FULL' }, /ssl-mode=VERIFY_FULL is not supported/],
    ['an empty mode', { sslmode: '' }, /sslmode= is not supported/],
    ['PREFERRED', { 'ssl-mode': 'PREFERRED' }, /ssl-mode=PREFERRED is not supported/],
    ['a CA with TLS that is off', { sslmode: 'disable', sslrootcert: '/ca' }, /TLS is off/],
    ['a client key without TLS', { sslkey: '/key' }, /sslkey is given, but TLS is off/],
    ['two modes', { sslmode: 'disable', 'ssl-mode': 'REQUIRED' }, /given twice/],
    ['a file that is not there', { sslrootcert: '/no/ca.pem' }, /\/no\/ca\.pem, cannot be read/],
    [
      'a CA file without a certificate',
      { sslrootcert: file('none') },
      /cannot be used \(ERR_OSSL_/,
    ],
    ['a certificate without its key', { sslmode: 'require', sslcert: client.cert }, /go together/],
    [
      'the key of another certificate',
      { sslmode: 'require', sslcert: client.cert, sslkey: other.key },
      /cannot be used \(ERR_OSSL_/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => options(parameters),
        (error) => {
          assert.ok(error instanceof KmsError);
          assert.equal(error.reason, 'InvalidConfiguration');
          assert.match(error.message, names);
          assert.ok(error.hint);
          return true;
        },
      );
    });
  }
});

describeEachOwnServer('TLS', (server, name) => {
  const stranger = makeAuthority('somebody else');
  const isPostgresql = name === 'postgresql';
  const parameter = isPostgresql
    ? { mode: 'sslmode', ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' }
    : { mode: 'ssl-mode', ca: 'ssl-ca', cert: 'ssl-cert', key: 'ssl-key' };
  const MODES = isPostgresql
    ? { off: 'disable', encrypt: 'require', ca: 'verify-ca', full: 'verify-full' }
    : { off: 'DISABLED', encrypt: 'REQUIRED', ca: 'VERIFY_CA', full: 'VERIFY_IDENTITY' };
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
  }

  function urlOf({ mode, user = 'kms_tls', host = 'localhost', ca, client }: Asked): string {
    const url = new URL(store);
    url.username = user;
    url.hostname = host;
    url.searchParams.set(parameter.mode, MODES[mode]);
    if (ca !== undefined) url.searchParams.set(parameter.ca, ca);
    if (client !== undefined) {
      url.searchParams.set(parameter.cert, client.cert);
      url.searchParams.set(parameter.key, client.key);
    }
    return url.href;
  }

  const open = async (asked: Asked) => {
    await (await openStore(urlOf(asked), { mode: 'write', busyTimeoutMs: 1000 })).close();
  };

  async function assertUnreachable(asked: Asked, says: RegExp): Promise<void> {
    await assert.rejects(open(asked), (error) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.equal(error.reason, 'StoreUnreachable');
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

  // MySQL does not start with one.
  if (name !== 'mysql') {
    it('refuses a certificate that has expired', async () => {
      const { authority } = server();
      await showing(authority.sign('localhost', { days: -1 }), async () => {
        for (const mode of ['ca', 'full'] as const) {
          await assertUnreachable({ mode, ca: authority.cert }, /expired/);
        }
      });
    });
  }

  it('shows a client certificate to a server that demands one', async () => {
    const { authority } = server();
    const asked = { mode: 'full', user: 'kms_certificate', ca: authority.cert } as const;
    await open({ ...asked, client: authority.sign('kms_certificate') });
    await assertUnreachable(asked, /cannot be reached|handshake failed/);
    const client = stranger.sign('kms_certificate');
    await assertUnreachable({ ...asked, client }, /cannot be reached|handshake failed/);
  });

  it('is needed for a server that demands it', async () => {
    await assertUnreachable({ mode: 'off' }, /TLS/);
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
    await open('ssl-mode=DISABLED');
  });
});
