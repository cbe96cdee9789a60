// How a run knows the server, and the server the run: TLS, client certificates and tokens, and that no token is shown.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ConfigCheck from '../../src/commands/config/check.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { makeAuthority, type Authority } from '../support/certificates.js';
import { describeGolden } from '../support/golden.js';
import { behindHsm, DUE, type BehindHsm } from '../support/kms-server/behind-hsm.js';
import { refuses } from '../support/kms-server/faults.js';
import { startReceiver } from '../support/receiver.js';
import { temporaryFolder } from '../support/temporary.js';

const TOKEN = 'eyJhbGciOi.MARKER-of-a-token.x9';
const REASONS = /ServerUnreachable|WrongServer|ServerRefused/;

describeGolden('a server and a run that know each other', () => {
  let authority: Authority;
  let behind: BehindHsm | null = null;
  before(() => {
    authority = makeAuthority('servers');
  });
  afterEach(async () => {
    await behind?.close();
    behind = null;
  });

  const tokenFile = (token: string) => {
    const path = join(temporaryFolder(), 'token');
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    return path;
  };
  const overTls = async (
    options: Parameters<typeof behindHsm>[0] = {},
    names = 'DNS:localhost',
  ): Promise<BehindHsm> => {
    const certificate = authority.sign('localhost', { names });
    behind = await behindHsm({ certificate, ...options });
    return behind;
  };
  const rotatesNothing = async (of: BehindHsm) => {
    const { exitCode, rotated, failed } = await of.rotate();
    assert.deepEqual([exitCode, rotated], [4, ['cert']]);
    for (const uid of DUE) {
      assert.ok(
        failed.some((one) => one.endsWith(` ${uid}`) && REASONS.test(one)),
        failed.join(),
      );
    }
    assert.deepEqual(of.server.done, []);
  };

  it('rotates over HTTPS with a token', async () => {
    const env = { KMS_SERVER_CA_FILE: authority.cert, KMS_SERVER_TOKEN_FILE: tokenFile(TOKEN) };
    const of = await overTls({ tokens: { [TOKEN]: 'ops@example.org' }, env });
    assert.deepEqual((await of.rotate()).rotated, ['cert', ...DUE].sort());
    const sent = of.server.requests.filter(({ operation }) => operation !== 'version');
    assert.deepEqual(new Set(sent.map((one) => one.authorization)), new Set([`Bearer ${TOKEN}`]));
  });

  it('rotates over HTTPS with a client certificate', async () => {
    const { cert, key } = authority.sign('ops@example.org', { names: 'DNS:client' });
    const env = {
      KMS_SERVER_CA_FILE: authority.cert,
      KMS_SERVER_CLIENT_CERT: cert,
      KMS_SERVER_CLIENT_KEY: key,
    };
    const of = await overTls({ clientCa: authority.cert, env });
    assert.deepEqual((await of.rotate()).rotated, ['cert', ...DUE].sort());
  });

  it('asks nothing without the client certificate that is wanted', async () => {
    const of = await overTls({
      clientCa: authority.cert,
      env: { KMS_SERVER_CA_FILE: authority.cert },
    });
    await rotatesNothing(of);
  });

  it('asks nothing of a server whose certificate nobody it knows has signed', async () => {
    await rotatesNothing(await overTls());
  });

  it('asks nothing of a server with the certificate of another host', async () => {
    const env = { KMS_SERVER_CA_FILE: authority.cert };
    await rotatesNothing(await overTls({ env }, 'DNS:elsewhere.example.org'));
  });

  it('rotates nothing with a token that is not valid, or of a user without rights', async () => {
    for (const tokens of [{}, { [TOKEN]: 'eve@example.org' }]) {
      behind = await behindHsm({ tokens, env: { KMS_SERVER_TOKEN: TOKEN } });
      const { rotated } = await behind.rotate();
      assert.deepEqual(rotated, ['cert']);
      assert.ok(!behind.server.done.some((one) => one.startsWith('ReKey')));
      await behind.close();
      behind = null;
    }
  });

  it('shows the token nowhere, even where the server gives it back', async () => {
    const tokens = { [TOKEN]: 'ops@example.org' };
    behind = await behindHsm({ tokens, env: { KMS_SERVER_TOKEN_FILE: tokenFile(TOKEN) } });
    behind.server.fault = ({ operation, uid }) =>
      operation === 'ReKey' && uid === 'plain'
        ? refuses(401, `Access denied: Bearer ${TOKEN} is of nobody`)
        : null;
    const said = [
      await behind.run(RotateDue, '--tag', 'env:prod'),
      await behind.run(RotateDue, '--json'),
      await behind.run(ConfigCheck, '--connect'),
    ];
    behind.server.fault = () => refuses(401, `no: ${TOKEN}`);
    said.push(await behind.run(ConfigCheck, '--connect', '--json'), await behind.run(RotateDue));
    const text = JSON.stringify([said, [...(await behind.now()).rotationsLogged]]);
    assert.ok(!text.includes('MARKER'), text);
  });

  it('follows no redirection with its token', async () => {
    const elsewhere = await startReceiver();
    try {
      behind = await behindHsm({ env: { KMS_SERVER_TOKEN: TOKEN } });
      const answer = { status: 307, contentType: null, body: '' };
      const headers = { location: `${elsewhere.url}kmip/2_1` };
      behind.server.fault = () => ({
        kind: 'answer',
        answer: { ...answer, headers },
        carriedOut: false,
      });
      assert.deepEqual((await behind.rotate()).rotated, ['cert']);
      assert.deepEqual(elsewhere.received, []);
    } finally {
      await elsewhere.close();
    }
  });
});
