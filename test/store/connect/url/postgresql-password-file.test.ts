// PostgreSQL's password file, by libpq's rules: which line counts, and when the file is passed over.
import assert from 'node:assert/strict';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  passwordIn,
  readPasswordFile,
} from '../../../../src/store/connect/url/postgresql-password-file.js';
import { temporaryFolder } from '../../../support/temporary.js';

function fileOf(text: string, mode: number): string {
  const path = join(temporaryFolder(), 'pgpass');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('passwordIn', () => {
  const address = {
    host: 'db',
    port: 5432,
    socket: null,
    user: 'kms',
    password: '',
    database: 'k',
  };

  for (const [text, password] of [
    ['db:5432:k:kms:right', 'right'],
    ['*:*:*:*:right', 'right'],
    ['# db:5432:k:kms:no\ndb:5432:k:kms:right\r\n', 'right'],
    ['db:5433:k:kms:no\ndb:5432:k:kms:right\n*:*:*:*:late', 'right'],
    ['db:5432:k:kms:a\\:b\\\\c', 'a:b\\c'],
    ['db:5432:k:kms:right:more', 'right'],
    ['db:5432:k:KMS:no', null],
    ['db:5432:k:no', null],
    ['', null],
  ] as const) {
    it(`finds ${password} in ${JSON.stringify(text)}`, () => {
      assert.equal(passwordIn(text, address), password);
    });
  }

  it('knows a unix socket by its folder, and as localhost', () => {
    const local = { ...address, host: '/run/pg', socket: '/run/pg' };
    assert.equal(passwordIn('/run/pg:5432:k:kms:right', local), 'right');
    assert.equal(passwordIn('localhost:5432:k:kms:right', local), 'right');
  });

  it('compares escaped names without their escapes', () => {
    assert.equal(passwordIn('\\:\\:1:5432:*:*:right', { ...address, host: '::1' }), 'right');
  });
});

describe('readPasswordFile', () => {
  for (const mode of [0o600, 0o400]) {
    it(`reads a file of mode ${mode.toString(8)}`, () => {
      const read = readPasswordFile({ PGPASSFILE: fileOf('x', mode) });
      assert.deepEqual(read, { text: 'x', passedOver: null });
    });
  }

  for (const mode of [0o640, 0o440, 0o604, 0o660]) {
    it(`passes over a file of mode ${mode.toString(8)}, and says why`, () => {
      const path = fileOf('x', mode);
      const { text, passedOver } = readPasswordFile({ PGPASSFILE: path });
      assert.equal(text, null);
      assert.ok(passedOver?.startsWith(`${path} is passed over: others than its owner may use it`));
    });
  }

  it('passes over a folder, and a file that is not there', () => {
    const folder = temporaryFolder();
    assert.match(readPasswordFile({ PGPASSFILE: folder }).passedOver ?? '', /not a plain file/);
    const missing = readPasswordFile({ PGPASSFILE: join(folder, 'no') });
    assert.match(missing.passedOver ?? '', /no such file/);
  });

  it('does not call a file missing that cannot be looked at', () => {
    // For root no folder is closed, but a link that leads to itself is.
    const loop = join(temporaryFolder(), 'loop');
    symlinkSync(loop, loop);
    const { passedOver } = readPasswordFile({ PGPASSFILE: join(loop, 'pgpass') });
    assert.match(passedOver ?? '', /cannot be looked at \(ELOOP\)/);
  });
});
