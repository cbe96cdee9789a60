// Files that systemd passes as credentials are found by the paths that settings name.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canBeCredential, credentialName, readablePath } from '../../src/files/credential.js';
import { temporaryFolder } from '../support/temporary.js';

describe('the path that a file is read from', () => {
  const folder = temporaryFolder();
  afterEach(() => {
    delete process.env['CREDENTIALS_DIRECTORY'];
  });

  it('is that of its credential where there is one, else its own', () => {
    writeFileSync(join(folder, credentialName('/etc/kms/ca.pem')), '');
    assert.equal(readablePath('/etc/kms/ca.pem'), '/etc/kms/ca.pem');
    process.env['CREDENTIALS_DIRECTORY'] = folder;
    assert.equal(readablePath('/etc/kms/ca.pem'), join(folder, 'etc@kms@ca.pem'));
    assert.equal(readablePath('/etc/kms/other'), '/etc/kms/other');
  });

  it('has a credential if systemd takes its name', () => {
    for (const [path, can] of [
      ['/etc/a b%.pem', true],
      ['/etc/a:b', false],
      ['/etc/é', false],
      [`/${'x'.repeat(256)}`, false],
    ] as const) {
      assert.equal(canBeCredential(path), can, path);
    }
  });
});
