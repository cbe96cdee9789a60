// What a schedule is called, and that it takes the place of none of another store.
import assert from 'node:assert/strict';
import {
  assertSameStore,
  schedulePrefix,
  scheduleNameOf,
  storeLine,
} from '../../src/schedule/schedule-name.js';
import { scheduleOf } from '../support/schedules.js';

describe('the prefix of a schedule', () => {
  for (const [label, prefix] of [
    ['kms', 'kms'],
    ['kms-1f2e3d4c', 'kms-1f2e3d4c'],
    ['Prod.EU_1', 'kms-prod-eu-1'],
    ['…', 'kms'],
    ['kms-', 'kms'],
    [`${'a'.repeat(38)}.b`, `kms-${'a'.repeat(38)}`],
  ] as const) {
    it(`is ${prefix} for the store ${label}`, () => {
      assert.equal(schedulePrefix(scheduleNameOf(label)), prefix);
    });
  }

  for (const [what, env, request, prefix, secret] of [
    ['the database', { KMS_DATABASE_URL: 'postgres://k@db/keys' }, {}, 'kms-keys', '/etc/kms/keys'],
    [
      'store.name',
      { KMS_DATABASE_URL: 'postgres://k@db/keys', KMS_STORE_NAME: 'eu' },
      {},
      'kms-eu',
      '/etc/kms/eu',
    ],
    [
      '--name',
      { KMS_DATABASE_URL: 'postgres://k@db/keys', KMS_STORE_NAME: 'eu' },
      { name: 'x' },
      'kms-x',
      '/etc/kms/x',
    ],
    ['kms alone', { KMS_DATABASE_URL: 'postgres://k@db/kms' }, {}, 'kms', '/etc/kms'],
  ] as const) {
    it(`comes from ${what}, and so does the folder of its secrets`, () => {
      const { schedule } = scheduleOf({ env, request });
      assert.equal(schedule.prefix, prefix);
      assert.equal(schedule.secrets[0]?.file, `${secret}/database-url`);
    });
  }
});

describe('the store of a schedule', () => {
  it('is in a comment, without password and parameters, on one line', () => {
    const line = storeLine('postgres://kms:hunter2@db/k%0Ax?sslmode=require');
    assert.match(line, /^# The store: postgres:\/\/kms[^?\n]*$/);
    assert.ok(!line.includes('hunter2'));
  });

  for (const [what, earlier, isRefused] of [
    ['the same', 'a\n# The store: sqlite:/a.db\nb', false],
    ['another', 'a\n# The store: sqlite:/b.db\nb', true],
    ['none that is named', '[Unit]', false],
  ] as const) {
    it(`${isRefused ? 'refuses' : 'takes'} the place of ${what}`, () => {
      const check = () => {
        assertSameStore(earlier, storeLine('sqlite:/a.db'), '/x');
      };
      if (isRefused)
        assert.throws(check, /^KmsError: \/x is the schedule of another store, sqlite:\/b/);
      else check();
    });
  }
});
