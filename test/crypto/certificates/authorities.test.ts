// A file of authorities has certificates, and each of them can be read.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { areAuthorities } from '../../../src/crypto/certificates/authorities.js';
import { makeAuthority } from '../../support/certificates.js';

describe('areAuthorities', () => {
  const authority = makeAuthority('one');
  const pem = readFileSync(authority.cert, 'utf8');
  for (const [what, text, expected] of [
    ['a certificate', pem, true],
    ['two, with words around them', `one\n${pem}\ntwo\r\n${pem.replaceAll('\n', '\r\n')}`, true],
    ['nothing', '', false],
    ['words', 'garbage', false],
    ['DER', new X509Certificate(pem).raw.toString('utf8'), false],
    ['a private key', readFileSync(authority.key, 'utf8'), false],
    ['a certificate that is cut, after a whole one', pem + pem.slice(0, 300), false],
    ['another that is no certificate', pem + pem.replace(/MII/, 'AII'), false],
  ] as const) {
    it(`says ${expected ? 'yes' : 'no'} to ${what}`, () => {
      assert.equal(areAuthorities(text), expected);
    });
  }
});
