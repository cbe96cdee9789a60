// Certificates and key out of PKCS#12 files that OpenSSL makes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPkcs12 } from '../../../src/crypto/certificates/pkcs12.js';
import { makeAuthority } from '../../support/certificates.js';
import { temporaryFolder } from '../../support/temporary.js';

describe('readPkcs12', () => {
  const authority = makeAuthority('kms tests');
  const client = authority.sign('client');
  const password = 'pâss w#rd';

  function fileOf(...options: readonly string[]): Buffer {
    const path = join(temporaryFolder(), 'client.p12');
    const given = ['-in', client.cert, '-inkey', client.key, '-out', path];
    const argv = ['pkcs12', '-export', ...given, '-passout', `pass:${password}`, ...options];
    execFileSync('openssl', argv, { stdio: 'pipe' });
    return readFileSync(path);
  }

  for (const [what, options] of [
    ['by OpenSSL’s defaults', []],
    ['with the authority', ['-certfile', authority.cert]],
    [
      'by AES-128 and SHA-512',
      ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-128-CBC', '-macalg', 'sha512'],
    ],
    ['by triple DES', ['-certpbe', 'DES-EDE3-CBC', '-keypbe', 'DES-EDE3-CBC']],
    ['without encryption of certificates', ['-certpbe', 'NONE']],
    ['without any encryption', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
  ] as const) {
    it(`takes out what is packed ${what}`, () => {
      const found = readPkcs12(fileOf(...options), password);
      const [first, ...others] = found?.certificates ?? [];
      const certificate = new X509Certificate(first ?? '');
      assert.equal(
        certificate.fingerprint,
        new X509Certificate(readFileSync(client.cert)).fingerprint,
      );
      assert.ok(certificate.checkPrivateKey(createPrivateKey(found?.key ?? '')));
      assert.equal(others.length, options[0] === '-certfile' ? 1 : 0);
    });
  }

  it('is null with another password, and for what is no such file', () => {
    assert.equal(readPkcs12(fileOf(), 'another'), null);
    assert.equal(readPkcs12(Buffer.from('no file of this kind'), password), null);
    assert.equal(readPkcs12(Buffer.alloc(0), password), null);
    const whole = fileOf();
    for (let length = 1; length < whole.length; length += 97) {
      assert.equal(readPkcs12(whole.subarray(0, length), password), null);
    }
  });

  it('is null for certificates encrypted in an old way', () => {
    assert.equal(
      readPkcs12(fileOf('-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES'), password),
      null,
    );
  });
});
