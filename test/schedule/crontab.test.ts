// A crontab: its environment, its lines, and what cron would otherwise misread.
import assert from 'node:assert/strict';
import { EXIT_CODES } from '../../src/errors.js';
import { crontab } from '../../src/schedule/crontab.js';
import { aSchedule } from '../support/schedules.js';

const entries = (lines: Iterable<string>) => [...lines].filter((line) => /^[\d*]/.test(line));

describe('a crontab', () => {
  it('runs rotations and warnings, with its environment above', () => {
    const lines = [...crontab(aSchedule({ configFile: '/etc/kms/kms.toml' }), null)];
    assert.ok(lines.includes('PATH=/usr/local/bin:/usr/bin:/bin'));
    assert.ok(lines.includes('KMS_CONFIG=/etc/kms/kms.toml'));
    assert.ok(lines.includes('KMS_DATABASE_URL=sqlite:/var/lib/kms/kms.db'));
    assert.deepEqual(entries(lines), [
      '7 * * * * /usr/local/bin/kms rotate due',
      '23 6 * * * /usr/local/bin/kms warnings',
    ]);
  });

  it('names the user where it is for /etc/cron.d, and divides the work among shards', () => {
    assert.deepEqual(entries(crontab(aSchedule({ shards: 2 }), 'kms')), [
      '7 * * * * kms /usr/local/bin/kms rotate due --shard 0/2',
      '7 * * * * kms /usr/local/bin/kms rotate due --shard 1/2',
      '23 6 * * * kms /usr/local/bin/kms warnings',
    ]);
  });

  it('quotes what the shell and cron would read otherwise', () => {
    const odd = aSchedule({
      kms: `/opt/it's 100%/kms`,
      sqlite: { path: '/srv/my store.db', user: 'kms' },
    });
    const lines = [...crontab(odd, null)];
    assert.equal(entries(lines)[0], `7 * * * * '/opt/it'\\''s 100\\%/kms' rotate due`);
    assert.ok(lines.includes('KMS_DATABASE_URL="sqlite:/srv/my store.db"'));
  });

  it('tells the meaning of every exit code, and what to do', () => {
    const text = [...crontab(aSchedule(), null)].join('\n');
    for (const { code, meaning, advice } of EXIT_CODES) {
      const told = advice === '–' ? meaning : `${meaning}: ${advice}`;
      assert.match(text, new RegExp(`^# +${code} +${told.replace(/[()]/g, '\\$&')}$`, 'm'));
    }
  });

  it('says where the URL of a server is to be written', () => {
    const secret = { variable: 'KMS_DATABASE_URL_FILE', file: '/etc/kms/database-url' };
    const lines = [...crontab(aSchedule({ secret, sqlite: null }), null)];
    assert.ok(lines.includes('KMS_DATABASE_URL_FILE=/etc/kms/database-url'));
  });
});
