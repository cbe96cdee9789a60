// A crontab: each line says all that its run needs, and what cron would otherwise misread.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { EXIT_CODES } from '../../src/errors.js';
import { crontab, crontabNotices } from '../../src/schedule/crontab.js';
import { tries } from '../support/effort.js';
import { aSchedule } from '../support/schedules.js';

const entries = (lines: readonly string[]) => lines.filter((line) => /^[\d*]/.test(line));
const SET = 'PATH=/usr/local/bin:/usr/bin:/bin KMS_DATABASE_URL=sqlite:/var/lib/kms/kms.db';

describe('a crontab', () => {
  it('has lines that each name everything, and no lines with variables', () => {
    const lines = crontab(aSchedule({ configFile: '/etc/kms/kms.toml' }), null);
    const set = SET.replace(' ', ' KMS_CONFIG=/etc/kms/kms.toml ');
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('#')),
      [
        `7 * * * * ${set} /usr/local/bin/kms rotate due`,
        `23 6 * * * ${set} /usr/local/bin/kms warnings`,
      ],
    );
  });

  it('names the user where it is for /etc/cron.d, and divides the work among shards', () => {
    assert.deepEqual(entries(crontab(aSchedule({ shards: 2 }), 'kms')), [
      `7 * * * * kms ${SET} /usr/local/bin/kms rotate due --shard 0/2`,
      `7 * * * * kms ${SET} /usr/local/bin/kms rotate due --shard 1/2`,
      `23 6 * * * kms ${SET} /usr/local/bin/kms warnings`,
    ]);
  });

  it('quotes what the shell and cron would read otherwise', () => {
    const odd = aSchedule({
      kms: `/opt/it's 100%/kms`,
      path: ['/a b'],
      variables: [{ name: 'A', value: '$x 1%', isFile: false }],
    });
    assert.equal(
      entries(crontab(odd, null))[0],
      `7 * * * * PATH='/a b' A='$x 1'\\% '/opt/it'\\''s 100'\\%/kms rotate due`,
    );
  });

  it('reads the same whether cron takes the backslash before a percent sign away, or the shell does', () => {
    const anything = fc.string({ unit: fc.constantFrom('%', "'", '\\', ' ', 'a', '"', '$') });
    fc.assert(
      fc.property(anything, (value) => {
        const variables = [{ name: 'A', value, isFile: false }];
        const line =
          entries(crontab(aSchedule({ variables, kms: 'env', path: ['/bin'] }), null))[0] ?? '';
        const command = line.split(' ').slice(5).join(' ');
        assert.ok(!/(?<!\\)%/.test(command));
        for (const given of [command, command.replaceAll('\\%', '%')]) {
          const script = given.replace(/env rotate due$/, `sh -c 'printf %s "$A"'`);
          assert.equal(spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).stdout, value);
        }
      }),
      { numRuns: tries(20, 60, 2000) },
    );
  });

  it('leaves out what fits on no line, and says so', () => {
    const tooMuch = (value: string) =>
      aSchedule({ variables: [{ name: 'KMS_NOTIFY_RECIPIENTS', value, isFile: false }] });
    assert.ok(!crontab(tooMuch('[\n]'), null).join().includes('RECIPIENTS'));
    assert.match(crontabNotices(tooMuch('[\n]')).join(), /KMS_NOTIFY_RECIPIENTS .*left out/);
    assert.match(crontabNotices(tooMuch('x'.repeat(990))).join(), /a line has \d+ characters/);
    assert.deepEqual(crontabNotices(aSchedule()), []);
  });

  it('tells the meaning of every exit code, and what to do', () => {
    const text = crontab(aSchedule(), null).join('\n');
    for (const { code, meaning, advice } of EXIT_CODES) {
      const told = advice === '–' ? meaning : `${meaning}: ${advice}`;
      assert.match(text, new RegExp(`^# +${code} +${told.replace(/[()]/g, '\\$&')}$`, 'm'));
    }
  });

  it('says where the URL of a server is to be written', () => {
    const secrets = [{ variable: 'KMS_DATABASE_URL_FILE', file: '/etc/kms/url', isMissing: true }];
    const lines = crontab(aSchedule({ secrets }), null);
    assert.match(entries(lines)[0] ?? '', / KMS_DATABASE_URL_FILE=\/etc\/kms\/url /);
    assert.match(lines.join('\n'), /^# Write the database URL into \/etc\/kms\/url/m);
  });
});
