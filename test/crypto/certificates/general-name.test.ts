// Names of a subject from text to DER, and which of those in a certificate are not valid.
import assert from 'node:assert/strict';
import { readDer } from '../../../src/crypto/der.js';
import { encodeGeneralName, invalidName } from '../../../src/crypto/certificates/general-name.js';

const LONG = 'a'.repeat(65);

describe('a name of a subject', () => {
  for (const [text, tag, value] of [
    ['DNS:www.example.org', 0x82, 'www.example.org'],
    ['dns:*.bücher.example', 0x82, '*.xn--bcher-kva.example'],
    ['email:ops@example.org', 0x81, 'ops@example.org'],
    ['email:first.last+tag@bücher.example', 0x81, 'first.last+tag@xn--bcher-kva.example'],
    ['email:"a b"@example.org', 0x81, '"a b"@example.org'],
    ['URI:https://example.org/a?b#c', 0x86, 'https://example.org/a?b#c'],
    ['URI:spiffe://example.org/service', 0x86, 'spiffe://example.org/service'],
    [
      'URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      0x86,
      'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    ],
    ['URI:https://user@[2001:db8::7]:8443/', 0x86, 'https://user@[2001:db8::7]:8443/'],
    ['URI:https://bücher.example/ü', 0x86, 'https://xn--bcher-kva.example/%C3%BC'],
    ['IP:192.0.2.7', 0x87, '\xc0\x00\x02\x07'],
  ] as const) {
    it(`${text} is encoded as it stands in a certificate`, () => {
      const [element] = readDer(encodeGeneralName(text)) ?? [];
      assert.deepEqual([element?.tag, element?.value.toString('latin1')], [tag, value]);
      assert.equal(element === undefined ? undefined : invalidName(element), null);
    });
  }

  for (const text of [
    ...['DNS:a b', 'DNS:foo.*.example.org', 'DNS:192.0.2.7', 'DNS:a_b', 'DNS:*'],
    ...['IP:1.2.3.999', 'IP:1.2.3', 'IP:zz::1', 'IP:12345::1', 'IP:1::2::3', 'IP:fe80::1%eth0'],
    ...['IP:2001:db8::/32', 'IP:2001:db8::7/128', 'IP:www.example.org'],
    ...['email:müller@example.org', 'email:ops', 'email:@example.org', 'email:ops@', 'email:a b@c'],
    ...['email:a..b@example.org', 'email:<ops@example.org>', `email:${LONG}@example.org`],
    ...['URI:/path', 'URI:example.org', 'URI:https://', 'URI:https:///x', 'URI:https://a b/'],
    ...['URI:https://a_b/', 'URI:https://x/%zz', 'URI:http://ü b/'],
  ]) {
    it(`${text} is refused, and named`, () => {
      assert.throws(
        () => encodeGeneralName(text),
        (error: Error) => {
          assert.deepEqual((error as unknown as { reason: string }).reason, 'InvalidArgument');
          const name = text.replace(/^email:/, '');
          assert.ok(error.message.includes(JSON.stringify(name)), error.message);
          return true;
        },
      );
    });
  }

  for (const [tag, bytes, isMalformed] of [
    [0x82, Buffer.from('a b'), false],
    [0x82, Buffer.from('b\xfccher.example', 'latin1'), true],
    [0x81, Buffer.from('m\xfcller@example.org', 'latin1'), true],
    [0x81, Buffer.from('nobody'), false],
    [0x86, Buffer.from('/path'), false],
    [0x87, Buffer.alloc(32), true],
    [0x87, Buffer.alloc(5), true],
    [0x87, Buffer.alloc(16), null],
    [0xa4, Buffer.from('a name of a kind that is not checked'), null],
  ] as const) {
    it(`found in a certificate: [${tag - 0x80}] ${JSON.stringify(bytes.toString('latin1'))}`, () => {
      const found = invalidName({ tag, value: bytes, whole: bytes });
      assert.equal(found?.isMalformed ?? null, isMalformed);
    });
  }
});
