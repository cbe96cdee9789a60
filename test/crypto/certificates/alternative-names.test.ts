// The alternative names of a certificate: which of them RFC 5280 does not allow.
import assert from 'node:assert/strict';
import {
  encodeAlternativeNames,
  invalidNamesIn,
} from '../../../src/crypto/certificates/alternative-names.js';
import type { Certificate } from '../../../src/crypto/certificates/certificate.js';
import { der, DER } from '../../../src/crypto/der.js';

function withNames(value: Buffer, id = '2.5.29.17'): Certificate {
  return { extensions: [{ id, critical: false, value, whole: value }] } as unknown as Certificate;
}

describe('the alternative names in a certificate', () => {
  const invalid = (value: Buffer, id?: string) =>
    invalidNamesIn(withNames(value, id)).map(({ text }) => text);

  it('are allowed as kms makes them', () => {
    const names = ['DNS:*.example.org', 'IP:::ffff:1.2.3.4', 'email:a@b.example', 'URI:urn:x'];
    assert.deepEqual(invalid(encodeAlternativeNames(names)), []);
  });

  it('are named if they are not allowed, the issuer’s too', () => {
    const value = der(
      DER.sequence,
      der(0x82, Buffer.from('a b')),
      der(0x82, Buffer.from('sound.example')),
      der(0x87, Buffer.alloc(32)),
    );
    const expected = ['DNS:"a b"', 'an IP address of 32 bytes'];
    assert.deepEqual(invalid(value), expected);
    assert.deepEqual(invalid(value, '2.5.29.18'), expected);
    assert.deepEqual(invalid(value, '2.5.29.19'), []);
  });

  it('are not allowed to be none', () => {
    assert.deepEqual(invalid(der(DER.sequence)), ['an empty list of names']);
  });

  it('must parse', () => {
    const reason = { reason: 'MalformedObject' };
    assert.throws(() => invalid(Buffer.from('no DER')), reason);
    assert.throws(() => invalid(der(DER.octetString)), reason);
  });
});
