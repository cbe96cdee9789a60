// Distinguished Names from text and back, and what RFC 5280 does not allow in one.
import assert from 'node:assert/strict';
import { formatName, parseName } from '../../../src/crypto/certificates/distinguished-name.js';

describe('a Distinguished Name', () => {
  for (const [text, again] of [
    ['CN=www.example.org,O=Example,C=FR', 'CN=www.example.org,O=Example,C=FR'],
    ['CN=Example\\, Inc.', 'CN=Example\\, Inc.'],
    ['CN=blank at the end  ', 'CN=blank at the end'],
    ['CN=kept\\ ', 'CN=kept\\ '],
    ['CN=Bücher 😀', 'CN=Bücher 😀'],
    [`CN=${'ü'.repeat(64)}`, `CN=${'ü'.repeat(64)}`],
    ['DC=bücher', 'DC=xn--bcher-kva'],
    ['emailAddress=ops@bücher.example', 'emailAddress=ops@xn--bcher-kva.example'],
    ['serialNumber=A-1/2', 'serialNumber=A-1/2'],
  ] as const) {
    it(`${text.slice(0, 40)} is read`, async () => {
      assert.equal(await formatName(await parseName(text)), again);
    });
  }

  for (const text of [
    ...['CN=', 'CN=  ', 'CN', 'X=y', 'C=FRA', 'C=F1', 'serialNumber=a_b', 'dnQualifier=ü'],
    ...['DC=a b', 'emailAddress=müller@example.org', 'emailAddress=nobody', 'CN=a\u0000b'],
    ...['CN=a\nb', 'CN=\ud800', `CN=${'a'.repeat(65)}`, `O=${'a'.repeat(65)}`],
    ...[`L=${'a'.repeat(129)}`],
  ]) {
    it(`${JSON.stringify(text.slice(0, 40))} is refused`, async () => {
      await assert.rejects(parseName(text), { reason: 'InvalidArgument' });
    });
  }
});
