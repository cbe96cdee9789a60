// Hosts in names of certificates: what is valid, and how it stands in a certificate.
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import {
  addressBytes,
  dnsNameOf,
  wildcardNameOf,
} from '../../../src/crypto/certificates/host-name.js';

describe('a DNS name in a certificate (RFC 5280 §4.2.1.6)', () => {
  const label = 'a'.repeat(63);
  for (const [text, name] of [
    ['www.example.org', 'www.example.org'],
    ['Mixed.Example', 'Mixed.Example'],
    ['host', 'host'],
    ['1.example', '1.example'],
    [label, label],
    [`${label}a`, null],
    [
      `${label}.${label}.${label}.${'a'.repeat(61)}`,
      `${label}.${label}.${label}.${'a'.repeat(61)}`,
    ],
    [`${label}.${label}.${label}.${'a'.repeat(62)}`, null],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['bücher。example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['xn--zzzzzz.example', null],
    ['a b', null],
    ['a b.ü', null],
    ['ü/x', null],
    ['a_b.example', null],
    ['-a.example', null],
    ['a-.example', null],
    ['a..example', null],
    ['.example', null],
    ['example.', null],
    ['192.0.2.7', null],
    ['1.2', null],
    ['\u00ad.example', null],
    ['a\u0000.example', null],
    ['', null],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 30))} is ${name === null ? 'none' : name.slice(0, 30)}`, () => {
      assert.equal(dnsNameOf(text), name);
    });
  }

  for (const [text, name] of [
    ['*.example.org', '*.example.org'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['foo.*.example.org', null],
    ['f*.example.org', null],
    ['*.*.example.org', null],
    ['*', null],
    ['*.', null],
  ] as const) {
    it(`the wildcard ${text} is ${name ?? 'none'}`, () => {
      assert.equal(wildcardNameOf(text), name);
    });
  }
});

describe('an IP address in a certificate', () => {
  for (const [text, hex] of [
    ['192.0.2.7', 'c0000207'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:db8::7', '20010db8000000000000000000000007'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['64:ff9b::192.0.2.7', '0064ff9b0000000000000000c0000207'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['1.2.3.999', null],
    ['1.2.3', null],
    ['01.2.3.4', null],
    ['zz::1', null],
    ['12345::1', null],
    ['1::2::3', null],
    ['2001:db8::/32', null],
    ['fe80::1%eth0', null],
    [' 1.2.3.4', null],
  ] as const) {
    it(`${text} is ${hex ?? 'none'}`, () => {
      assert.equal(addressBytes(text)?.toString('hex') ?? null, hex);
    });
  }

  it('has the bytes that its groups say, with a gap or without', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
        fc.nat(7),
        fc.nat(7),
        (groups, one, other) => {
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const zeroed = groups.map((group, place) => (place >= from && place <= to ? 0 : group));
          const hex = zeroed.map((group) => group.toString(16));
          const text = `${hex.slice(0, from).join(':')}::${hex.slice(to + 1).join(':')}`;
          assert.ok(isIPv6(text), text);
          const expected = zeroed.flatMap((group) => [group >> 8, group & 0xff]);
          assert.deepEqual([...(addressBytes(text) ?? [])], expected);
          assert.deepEqual([...(addressBytes(hex.join(':')) ?? [])], expected);
        },
      ),
    );
  });
});
