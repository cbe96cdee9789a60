// Values that name a receiver: those that can be used, and those of the right type that cannot.
import assert from 'node:assert/strict';
import {
  HOST,
  HTTP_URL,
  MAIL_ADDRESS,
  PORT,
  SENDER,
  SIGNING_SECRET,
  signingKeyOf,
  TIMEOUT,
  WEBHOOK_NAME,
} from '../../../src/settings/kinds/receivers.js';

/** The example in the Standard Webhooks specification. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('kinds of receivers', () => {
  for (const [kind, usable, flawed] of [
    [TIMEOUT, ['1s', '60s', '1m'], ['61s', '5m', '0s', 0]],
    [PORT, [1, 587, 65_535], [0, -1, 65_536]],
    [HOST, ['mail.example.org', 'm_1', '10.0.0.1', '::1'], ['', 'smtp://m', 'm:25', 'a b', 'a/b']],
    [
      MAIL_ADDRESS,
      ['a+b@example.org'],
      ['', 'a', 'a@', 'a@b@c', 'B <a@b>', 'a@b,c@d', 'ä@b', `${'a'.repeat(251)}@bcd`],
    ],
    [
      SENDER,
      ['a@b', 'Key store <a@b>', '<a@b>'],
      ['', 'nonsense', 'a b@c', 'B <a>', 'B <a@b>>', 'B\n<a@b>'],
    ],
    [WEBHOOK_NAME, ['siem', 'A.b_c-1'], ['', 'Mein Kanal', 'é', 'a'.repeat(65)]],
    [
      HTTP_URL,
      ['http://a', 'https://u:p@a:1/x?y'],
      ['', 'a/b', 'ftp://a/', 'https://', 'https:/ /'],
    ],
    [SIGNING_SECRET, [SECRET, SECRET.slice(6)], ['', 'short', 'whsec_c2hvcnQ=', '!'.repeat(40)]],
  ] as const) {
    it(`take what ${kind.requirement}, and nothing else`, () => {
      for (const value of usable)
        assert.deepEqual(kind.readToml(value).mistake, undefined, `${value}`);
      for (const value of flawed)
        assert.equal(kind.readToml(value).mistake?.isFlaw, true, `${value}`);
      for (const value of [[], true]) assert.equal(kind.readToml(value).mistake?.isFlaw, false);
    });
  }

  it('have no secret in what they say', () => {
    for (const kind of [HTTP_URL, SIGNING_SECRET]) {
      assert.ok(!JSON.stringify(kind.readText('geheim')).includes('geheim'));
    }
  });

  it('read the key of a secret with or without the prefix whsec_', () => {
    assert.equal(signingKeyOf(SECRET).length, 24);
    assert.deepEqual(signingKeyOf(SECRET.slice(6)), signingKeyOf(SECRET));
  });
});
