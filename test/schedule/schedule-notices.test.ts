// What a schedule says of files that its user cannot reach, or that mean something else where it runs.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scheduleNotices } from '../../src/schedule/schedule-notices.js';
import type { Schedule } from '../../src/schedule/schedule.js';
import { need } from '../support/left-out.js';
import { aSchedule } from '../support/schedules.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();
chmodSync(folder, 0o755);
const made = (path: string, mode: number) => {
  const all = join(folder, path);
  mkdirSync(join(all, '..'), { recursive: true });
  writeFileSync(all, '', { mode });
  return all;
};
const named = (path: string) => ({ namedBy: 'x', path });
const files = (changes: Partial<Schedule['files']>) => ({
  files: { read: [], executed: [], written: [], ...changes },
});

describe('the notices of a schedule', () => {
  const inHome = made('home/bin/kms', 0o755);
  chmodSync(join(folder, 'home'), 0o700);
  const secret = made('secret', 0o600);
  const hook = made('hook', 0o755);
  const OWN = aSchedule({ kms: hook, path: ['/usr/bin'], sqlite: null, ...files({}) });
  const notices = (
    changes: Partial<Schedule>,
    options: Partial<Parameters<typeof scheduleNotices>[1]> = {},
  ) =>
    scheduleNotices(
      { ...OWN, ...changes },
      { passesFiles: true, runner: 'somebody', user: null, ...options },
    ).join('\n');

  for (const [what, changes, expected] of [
    ['a program in a closed home', { kms: inHome }, /somebody may not execute the program.*home:/],
    ['a store in a closed folder', { sqlite: `${folder}/home/kms.db` }, /folder of the store/],
    ['metrics in a folder of others', files({ written: [named(`${folder}/m.prom`)] }), /write/],
    ['a hook that is not executable', files({ executed: [named(secret)] }), /execute the hook/],
    [
      'a hook that is not there',
      files({ executed: [named('/no/hook')] }),
      /there is no \/no\/hook/,
    ],
    ['a hook that is not in PATH', files({ executed: [named('no-such')] }), /not in \/usr\/bin/],
    ['a relative path', files({ read: [named('ca.pem')] }), /x is the relative path ca.pem/],
    ['a file that is not there', files({ read: [named('/no/ca.pem')] }), /there is no \/no\/ca/],
    ['a socket that asks for the user', { asksForUser: true }, /give --user/],
  ] as const) {
    it(`name ${what}`, () => {
      assert.match(notices(changes), expected);
    });
  }

  it('are none where all is well, and none of files that the scheduler passes', () => {
    const read = files({ read: [named(secret)], executed: [named(hook), named('env')] });
    assert.equal(notices(read), '');
    assert.match(notices(read, { passesFiles: false }), /somebody may not read x/);
    assert.equal(notices(read, { passesFiles: false, user: undefined }), '');
  });

  it('count the rights of the user who is named', function () {
    need(this, 'root', process.getuid?.() === 0);
    chownSync(join(folder, 'home'), 1, 1);
    assert.equal(notices({ kms: inHome }, { user: 'daemon' }), '');
    assert.match(notices({ kms: inHome }, { user: '12345' }), /execute the program/);
    assert.match(notices({}, { user: 'no-such-user' }), /this host has no user no-such-user/);
    assert.equal(notices({ kms: inHome }, { user: 'root' }), '');
  });
});
