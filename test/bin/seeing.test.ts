// `kms report`, `forecast`, `history` and lists on real terminals, narrow ones too: the answer on the first screen,
// through a pager, through none, and through one that is not there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { observe } from '../../src/conditions/decide.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import { RUN_JS, runOn } from '../support/binary.js';
import { needPrograms } from '../support/programs.js';
import { insertRows, newStorePath, sql, storeWith } from '../support/sqlite.js';
import { withStore } from '../support/store.js';
import { aSymmetricKey, JANUARY, symmetricKeys } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { onTerminal, type Answer } from '../support/tmux.js';

const MANY = 60;
const COMMANDS = ['report', 'history', 'due list', 'due list --explain', 'key list'] as const;

describe('many keys', () => {
  let store: string;
  const show = (line: string, options: { pager?: string; columns?: number; answers?: Answer[] }) =>
    onTerminal(`"${process.execPath}" "${RUN_JS}" ${line}; printf "exit code $?. "`, {
      env: {
        HOME: temporaryFolder(),
        KMS_DATABASE_URL: store,
        ...(options.pager === undefined ? {} : { PAGER: options.pager }),
      },
      columns: options.columns ?? 80,
      answers: options.answers ?? [],
    });

  before(async function () {
    needPrograms(this, 'tmux');
    store = await newStorePath();
    const named = (index: number) => `payments-${String(index).padStart(3, '0')}`;
    insertRows(
      store,
      Array.from({ length: MANY }, (_, index) => aSymmetricKey({ uid: named(index) })),
    );
    insertRows(store, [
      aSymmetricKey({ uid: 'undecided' }, { RotateInterval: 'often' }),
      aSymmetricKey({ uid: 'by-hand' }, { RotateAutomatic: false }),
    ]);
    for (let index = 0; index < MANY; index += 1) {
      sql(
        store,
        `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid, outcome, reason, message)
         VALUES ('run', ?, 1, 'host', 'kms', '0', ?, 'failed', 'ConcurrentChange', ?)`,
        new Date(Date.UTC(2026, 1, 1, 0, index)).toISOString().replace('.000', ''),
        named(index),
        'it was changed by somebody else, and again, and a third time',
      );
    }
    const failing = Array.from({ length: MANY }, (_, index) => ({
      ...{ kind: 'rotation-failed' as const, subject: named(index), about: UNKNOWN_OBJECT },
      ...{ reason: 'ConcurrentChange', message: 'it was changed by somebody else', hint: null },
    }));
    await withStore(store, (opened) =>
      opened.updateConditions(failing, () => ({
        conditions: failing.map((seen) => observe(null, seen, JANUARY, []).condition),
        ownRows: [],
      })),
    );
  });

  for (const line of COMMANDS) {
    it(`go through the pager, which may be quit at once: ${line}`, async () => {
      const shown = await show(line, { pager: 'less', answers: [{ to: ':', keys: 'q' }] });
      assert.match(shown, /exit code 0\. $/m);
      assert.doesNotMatch(shown, /EPIPE|rror:/);
    });
  }

  it('leave it to the pager what an interrupt on the terminal means', async () => {
    const shown = await show('due list', { pager: 'kill -INT $PPID; head -n 3' });
    assert.match(shown, /^payments-000 [^]*exit code 0\. $/m);
  });

  // All commands print by the same pager: each is tried with one of these, and one command with all.
  for (const [index, pager] of ['/nonexistent', '', 'cat'].entries()) {
    const some = COMMANDS.filter((_, number) => number === 0 || number % 3 === index);
    it(`are printed all the same where PAGER is "${pager}"`, async () => {
      for (const line of some) {
        const shown = await show(line, { pager });
        assert.match(shown, /payments-0(?:00|59)[^]*exit code 0\. $/m, line);
      }
    });
  }

  it('leave what is to be done today, and why, on the first screen', async () => {
    const head = async (line: string) => show(`${line} | head -n 12`, {});
    const report = await show('report', { pager: 'head -n 14' });
    assert.match(report, /^62 of 62 keys do not comply:$/m);
    assert.match(report, /^ +60 failed +kms status tells why, and since when$/m);
    assert.match(report, /^ +1 undecidable +give each/m);
    assert.match(report, /^payments-000 +failed, overdue .*ConcurrentChange|last for Conc/m);
    const explained = await show('due list --explain', { pager: 'head -n 14' });
    assert.match(explained, /^1 undecidable, 60 due, 1 opted-out$/m);
    assert.match(explained, /^undecided +undecidable .* is malformed: attr/m);
    assert.match(
      await head('history payments-007'),
      /payments-007 was not rotated at 2026-02-01T00:07:00Z: ConcurrentChange: it was/,
    );
    assert.match(await show('history no-such-key', {}), /kms due list --explain says whether/);
  });

  for (const columns of [40, 200]) {
    it(`stay within ${columns} columns`, async () => {
      for (const line of [...COMMANDS, 'forecast', 'history payments-007']) {
        const shown = await show(line, { pager: 'head -n 16', columns });
        // A line that is too long goes on at the beginning of the next.
        for (const begun of shown.split('\n')) {
          assert.doesNotMatch(begun, /^(?:tes them|rotates|with a|ConcurrentChange.*time$)/, line);
        }
      }
    });
  }

  it('need not be read to the end where nobody reads along', () => {
    for (const line of [...COMMANDS, 'due list --csv', 'due list --json', 'report --format html']) {
      const piped = spawnSync(
        'sh',
        [
          '-c',
          `{ "${process.execPath}" "${RUN_JS}" ${line}; echo "exit code $?" >&2; } | head -n 1`,
        ],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], HOME: temporaryFolder(), KMS_DATABASE_URL: store },
        },
      );
      assert.equal(piped.stderr, 'exit code 0\n', line);
      assert.equal(piped.stdout.trimEnd().split('\n').length, 1, line);
    }
  });

  it('are rotated and reported to the end where nobody reads along', async () => {
    const rotated = await storeWith(symmetricKeys(MANY));
    const figures = join(temporaryFolder(), 'kms.prom');
    const line = `rotate due --max-keys ${MANY - 1} --metrics-file ${figures}`;
    const piped = spawnSync(
      'sh',
      ['-c', `{ "${process.execPath}" "${RUN_JS}" ${line}; echo "exit code $?" >&2; } | true`],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: temporaryFolder(), KMS_DATABASE_URL: rotated },
      },
    );
    assert.equal(piped.stderr, 'exit code 5\n');
    assert.match(readFileSync(figures, 'utf8'), /^kms_rotation_last_run_exit_code.* 5$/m);
  });

  it('stand in windows as they are asked for: one that ends before it begins is no window', async () => {
    for (const argv of [
      ['forecast', '--within', '0d'],
      ['forecast', '--within', '-1d'],
      ['due', 'list', '--within', '-1d'],
      ['history', '--since', '-1d'],
    ]) {
      const { code, stdout, stderr } = await runOn(store, argv);
      assert.deepEqual([code, stdout], [2, ''], argv.join(' '));
      assert.match(stderr, /^error: /, argv.join(' '));
    }
    const nothing = await runOn(store, ['history', '--since', '0s']);
    assert.deepEqual([nothing.code, nothing.stdout], [0, '']);
    const whole = await runOn(store, ['history', '--since', '1000y', '--csv']);
    assert.equal(whole.stdout.trimEnd().split('\n').length, MANY + 1);
    const late = await runOn(store, ['due', 'list', '--within', '1000y', '--csv']);
    assert.equal(late.stdout.trimEnd().split('\n').length, MANY + 2);
  });
});
