// A text names an SQLite file or a server, or it is refused; what looks like a URL is never a path.
import assert from 'node:assert/strict';
import { readDatabaseUrl } from '../../../../src/store/connect/url/database-url.js';

describe('readDatabaseUrl', () => {
  for (const [text, path] of [
    ['kms.db', 'kms.db'],
    ['/data//kms.db', '/data//kms.db'],
    ['./a b/kms.db', './a b/kms.db'],
    ['C:\\kms\\kms.db', 'C:\\kms\\kms.db'],
    ['/data/user=kms/kms.db', '/data/user=kms/kms.db'],
    ['/run/kms@1/kms.db', '/run/kms@1/kms.db'],
    ['what?#.db', 'what?#.db'],
    ['sqlite:kms.db', 'kms.db'],
    ['SQLite:kms.db', 'kms.db'],
    ['sqlite:/data/kms.db', '/data/kms.db'],
    ['sqlite:///data/kms.db', '/data/kms.db'],
    ['sqlite:////data/kms.db', '/data/kms.db'],
    [' kms.db\t\r\n', 'kms.db'],
    ['\ufeff/data/kms.db', '/data/kms.db'],
    ['"sqlite:/data/kms.db"', '/data/kms.db'],
    [`\ufeff ' kms.db ' `, 'kms.db'],
  ] as const) {
    it(`takes ${JSON.stringify(text)} for the path ${path}`, () => {
      const read = readDatabaseUrl(text);
      assert.ok(read.kind === 'sqlite');
      assert.equal(read.path, path);
    });
  }

  for (const text of [
    ' postgres://kms:p@db/kms\n',
    '\ufeffpostgres://kms:p@db/kms',
    '"postgres://kms:p@db/kms"',
    `'postgres://kms:p@db/kms'`,
  ]) {
    it(`takes ${JSON.stringify(text)} for a server without what is around it`, () => {
      assert.deepEqual(readDatabaseUrl(text), { kind: 'server', url: 'postgres://kms:p@db/kms' });
    });
  }

  for (const [text, says] of [
    ['', /must be a string, and not empty/],
    [' "" ', /must be a string, and not empty/],
    ['hunter2://kms@db/kms', /neither a path nor a URL/],
    ['url=postgres://kms:hunter2@db/kms', /neither a path nor a URL/],
    ['"postgres://kms:hunter2@db/kms', /neither a path nor a URL/],
    ['//kms:hunter2@db/kms', /neither a path nor a URL/],
    ['//db/hunter2', /neither a path nor a URL/],
    ['postgres//hunter2@db/kms', /neither a path nor a URL/],
    ['kms:hunter2@db/kms', /neither a path nor a URL/],
    ['kms:hunter2/x@db/kms', /neither a path nor a URL/],
    [':hunter2@db/kms', /neither a path nor a URL/],
    ['my-user:hunter2@db/kms', /neither a path nor a URL/],
    ['postgres:/kms:hunter2@db/kms', /not a URL/],
    ['host=db user=kms password=hunter2 dbname=kms', /list of parameters/],
    ['host=db dbname=hunter2', /list of parameters/],
    ['Server=db;Uid=kms;Pwd=hunter2', /list of parameters/],
    ['jdbc:postgresql://db/kms?password=hunter2', /form jdbc:… are not supported/],
    ['sqlite+aiosqlite:///hunter2.db', /form sqlite\+aiosqlite:… are not supported/],
    ['file:hunter2.db?mode=ro', /form file:… are not supported/],
    ['sqlite:', /names no file/],
    ['sqlite:hunter2.db?mode=rwc', /takes no parameters/],
    ['sqlite:hunter2.db#x', /takes no parameters/],
    ['sqlite://hunter2/kms.db', /names a host/],
    ['sqlite:postgres://kms:hunter2@db/kms', /neither a path nor a URL/],
    ['sqlite::memory:', /in memory/],
    [':memory:', /in memory/],
    ['sqlite:file:hunter2.db', /two schemes/],
    ['sqlite:~/hunter2.db', /~ is not expanded/],
    ['~/hunter2.db', /~ is not expanded/],
    ['sqlite: hunter2.db', /blank/],
    ['hunter2 /kms.db', /blank/],
    ['/data/ hunter2/kms.db', /blank/],
    ['/data/hunter2\u00a0/kms.db', /blank/],
    ['/data/hunter2\n/kms.db', /control character/],
    ['/data/hun\u0007ter2.db', /control character/],
    ['“hunter2.db”', /quote/],
    ['hunter2.db"', /quote/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}, without a word of it`, () => {
      const read = readDatabaseUrl(text);
      assert.ok(read.kind === 'mistake');
      assert.match(read.mistake.message, says);
      assert.ok(!`${read.mistake.message}${read.mistake.hint ?? ''}`.includes('hunter2'));
      assert.ok(read.mistake.hint);
    });
  }
});
