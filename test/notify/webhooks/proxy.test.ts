// Which proxy a request goes through, by the rules of curl and of most other programs.
import assert from 'node:assert/strict';
import { proxyFor } from '../../../src/notify/webhooks/proxy.js';

const HTTPS = 'https://hooks.example.org/x';
const PROXY = 'http://proxy:3128/';

describe('proxyFor', () => {
  for (const [url, env, proxy] of [
    [HTTPS, {}, null],
    [HTTPS, { https_proxy: 'http://proxy:3128' }, PROXY],
    [HTTPS, { HTTPS_PROXY: 'proxy:3128' }, PROXY],
    [HTTPS, { HTTPS_PROXY: 'u:p@proxy:3128' }, 'http://u:p@proxy:3128/'],
    [HTTPS, { https_proxy: '', HTTPS_PROXY: 'proxy:3128' }, PROXY],
    [HTTPS, { https_proxy: 'proxy:3128', HTTPS_PROXY: 'other:1' }, PROXY],
    [HTTPS, { ALL_PROXY: 'proxy:3128' }, PROXY],
    [HTTPS, { http_proxy: 'proxy:3128' }, null],
    ['http://a.example/', { http_proxy: 'proxy:3128', https_proxy: 'other:1' }, PROXY],
  ] as const) {
    it(`is ${String(proxy)} for ${url} with ${JSON.stringify(env)}`, () => {
      assert.equal(proxyFor(new URL(url), env)?.href ?? null, proxy);
    });
  }

  for (const [host, exceptions, isExcepted] of [
    ['hooks.example.org', '*', true],
    ['hooks.example.org', 'a, hooks.example.org', true],
    ['hooks.example.org', 'EXAMPLE.org', true],
    ['hooks.example.org', '.example.org other', true],
    ['hooks.example.org', '*.example.org', true],
    ['hooks.example.org', 'hooks.example.org:443', true],
    ['hooks.example.org', 'hooks.example.org:8443', false],
    ['hooks.example.org', 'ample.org', false],
    ['hooks.example.org', '10.0.0.0/8', false],
    ['10.1.2.3', '192.168.0.0/16,10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '2.3', false],
    ['10.1.2.3', '10.0.0.0/99', false],
    ['[fd00::1]', 'fd00::/8', true],
    ['[fd00::1]', '10.0.0.0/8,[fd00::1]:443', true],
  ] as const) {
    it(`${isExcepted ? 'reaches' : 'does not reach'} ${host} directly with NO_PROXY=${exceptions}`, () => {
      const env = { HTTPS_PROXY: PROXY, NO_PROXY: exceptions };
      assert.equal(proxyFor(new URL(`https://${host}/`), env) === null, isExcepted);
    });
  }

  for (const text of ['not a url', 'socks5://localhost:1', 'http://', 'ftp://geheim@x']) {
    it(`names the variable of ${text}, and not its value`, () => {
      assert.throws(() => proxyFor(new URL(HTTPS), { HTTPS_PROXY: text }), {
        reason: 'InvalidConfiguration',
        message: /^HTTPS_PROXY (?!.*geheim)/,
      });
    });
  }
});
