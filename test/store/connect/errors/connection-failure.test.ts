import assert from 'node:assert/strict';
import { KmsError } from '../../../../src/errors.js';
import { connectionFailure } from '../../../../src/store/connect/errors/connection-failure.js';

/** The first packet of a server of this version: length, number, protocol 10, text, and the rest. */
const greeting = (version: string, length = 74) =>
  Buffer.concat([
    Buffer.from([length, 0, 0, 0, 10]),
    Buffer.from(`${version}\0`),
    Buffer.alloc(40, 0x41),
  ]);

const failed = (code?: string) =>
  Object.assign(new Error('failed'), code === undefined ? {} : { code });

const said = (dialectName: 'postgresql' | 'mysql', bytes: Buffer, error: unknown = failed()) => {
  const place = { dialectName, shown: 'db:1', redactedUrl: 'db://db:1/kms' };
  const failure = connectionFailure(error, place, bytes);
  if (!(failure instanceof KmsError)) return failure;
  assert.equal(failure.reason, 'StoreUnreachable');
  return failure.message.replace('db://db:1/kms: ', '');
};

describe('why no session could be had', () => {
  for (const [version, name] of [
    ['8.0.36', 'MySQL 8.0.36'],
    ['5.7.44-log', 'MySQL 5.7.44'],
    ['8.0.36-0ubuntu0.22.04.1', 'MySQL 8.0.36'],
    ['5.5.5-10.6.16-MariaDB', 'MariaDB 10.6.16'],
    ['5.5.5-10.11.6-MariaDB-1:10.11.6+maria~ubu2204', 'MariaDB 10.11.6'],
    ['11.4.2-MariaDB', 'MariaDB 11.4.2'],
    ['11.4.2-MariaDB-ubu2404', 'MariaDB 11.4.2'],
  ] as const) {
    it(`names ${version} in place of PostgreSQL, whatever type of message its length looks like`, () => {
      for (const length of [74, 82, 90, 69]) {
        assert.equal(
          said('postgresql', greeting(version, length)),
          `what answers at db:1 is not PostgreSQL (it greets as ${name})`,
        );
      }
    });
  }

  for (const [what, dialectName, bytes, says] of [
    ['HTTP', 'postgresql', 'HTTP/1.1 400 Bad Request\r\n', /not PostgreSQL.*"HTTP\/1\.1 400/],
    ['SSH', 'postgresql', 'SSH-2.0-OpenSSH_9.2\r\n', /not PostgreSQL.*"SSH-2\.0/],
    ['SSH', 'mysql', 'SSH-2.0-OpenSSH_9.2\r\n', /not MySQL or MariaDB.*"SSH-2\.0/],
    ['bytes', 'mysql', '\x01\x02\x03\x04\x05', /not MySQL or MariaDB.*does not greet/],
    ['an error of MySQL', 'postgresql', '\x17\0\0\0\xff\x69\x04', /it answers as MySQL or MariaDB/],
  ] as const) {
    it(`tells ${what} from ${dialectName}`, () => {
      assert.match(String(said(dialectName, Buffer.from(bytes, 'latin1'))), says);
    });
  }

  it('says that a server did not answer in time, or did not finish', () => {
    const late = failed('ETIMEDOUT');
    assert.match(
      String(said('mysql', Buffer.alloc(0), late)),
      /did not answer as MySQL or MariaDB in time/,
    );
    assert.match(String(said('postgresql', Buffer.from('R'), late)), /did not finish the login/);
  });

  it('calls what only the parser complains of no PostgreSQL', () => {
    assert.match(String(said('postgresql', Buffer.from('R\0'))), /sends what such a server never/);
    const outOfRange = failed('ERR_OUT_OF_RANGE');
    assert.match(String(said('postgresql', Buffer.from('R\0'), outOfRange)), /never sends/);
  });

  it('names what answered, though it cut us off while we wrote', () => {
    const cut = failed('EPIPE');
    const ssh = Buffer.from('SSH-2.0-OpenSSH_9.2\r\n');
    assert.match(String(said('postgresql', ssh, cut)), /not PostgreSQL.*"SSH-2\.0/);
    assert.equal(said('postgresql', Buffer.alloc(0), cut), cut);
  });

  for (const code of [
    '28P01',
    'ER_ACCESS_DENIED_ERROR',
    'ECONNREFUSED',
    'EAI_AGAIN',
    'ENOTFOUND',
  ]) {
    it(`leaves ${code} to speak for itself`, () => {
      const error = failed(code);
      assert.equal(said('postgresql', Buffer.from('R'), error), error);
    });
  }
});
