// A person at a real terminal, with a spinner on it: Ctrl-C, Ctrl-Z, a window that is closed, and terminals that say
// nothing of their size or are of no known kind (design §5).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_JS } from '../support/binary.js';
import { whileHeldUp } from '../support/interrupt.js';
import { need } from '../support/left-out.js';
import { until } from '../support/poll.js';
import { isRunning, signalsDelivered } from '../support/proc.js';
import { needPrograms } from '../support/programs.js';
import { sql, storeWith } from '../support/sqlite.js';
import { symmetricKeys } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { onRealTerminal, onTerminal, type RealTerminal } from '../support/tmux.js';

const MANY = 500;
const KMS = `"${process.execPath}" "${RUN_JS}"`;

const storeOf = (count: number) => storeWith(symmetricKeys(count));

const rotatedIn = (store: string) =>
  sql(store, `SELECT * FROM kms_rotation_log WHERE uid <> ''`).length;

/** Does something in the middle of a run with many due keys, while its spinner is to be seen. */
async function duringRun<T>(
  act: (terminal: RealTerminal, pid: number) => Promise<void> | void,
  then: (terminal: RealTerminal, run: { store: string; pid: number; home: string }) => Promise<T>,
): Promise<T> {
  const [store, home] = [await storeOf(MANY), temporaryFolder()];
  const pidFile = join(home, 'pid');
  const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : NaN);
  const run = `sh -c 'echo $$ > ${pidFile}; exec ${KMS} rotate due --metrics-file ${home}/x.prom'`;
  // As a shell on which somebody types: what is stopped can be gone on with.
  const command = `bash -c "${`set -m; ${run}; code=$?; [ $code = 148 ] && echo [stopped] && fg && code=$?; echo [exit $code]`.replaceAll(/["$]/g, '\\$&')}"`;
  const env = { HOME: home, KMS_DATABASE_URL: store };
  return onRealTerminal(command, { env }, async (terminal) => {
    await whileHeldUp(store, pid, async () => {
      await terminal.waitFor('rotating');
      await act(terminal, pid());
    });
    return then(terminal, { store, home, pid: pid() });
  });
}

describe('a person at a terminal, while keys are rotated', function () {
  this.timeout(60_000);
  before(function () {
    needPrograms(this, 'tmux');
    need(this, '/proc', existsSync('/proc/self/status'));
  });

  it('stops the run by one Ctrl-C, which ends with a report and 5', async () => {
    await duringRun(
      ({ press }) => {
        press('C-c');
      },
      async ({ waitForEnd }, { store }) => {
        const shown = await waitForEnd();
        const rotated = rotatedIn(store);
        assert.ok(rotated < MANY);
        assert.match(
          shown,
          new RegExp(`${rotated} rotated, ${MANY - rotated} still due\\s+\\[exit 5\\]`),
        );
      },
    );
  });

  it('ends it at once by a second Ctrl-C, with 130', async () => {
    await duringRun(
      async ({ press, waitFor }, pid) => {
        for (const echoed of ['^C', '^C^C']) {
          press('C-c');
          await waitFor(echoed);
          await until('the signal is delivered', () => signalsDelivered(pid));
        }
      },
      async ({ waitForEnd }, { store }) => {
        assert.match(await waitForEnd(), /\[exit 130\]/);
        assert.ok(rotatedIn(store) < MANY);
      },
    );
  });

  it('halts it by Ctrl-Z, and goes on by fg', async () => {
    await duringRun(
      async ({ press, waitFor }) => {
        press('C-z');
        await waitFor('[stopped]');
      },
      async ({ waitForEnd }, { store }) => {
        assert.match(await waitForEnd(), /\[exit 0\]/);
        assert.equal(rotatedIn(store), MANY);
      },
    );
  });

  it('stops it by closing the terminal, as by SIGTERM: metrics are written', async () => {
    await duringRun(
      ({ close }) => {
        close();
      },
      async (_, { store, home, pid }) => {
        await until('the run ends', () => !isRunning(pid));
        assert.ok(rotatedIn(store) < MANY);
        assert.match(
          readFileSync(join(home, 'x.prom'), 'utf8'),
          /^kms_rotation_last_run_exit_code.* 5$/m,
        );
      },
    );
  });
});

describe('a terminal of an odd kind', function () {
  this.timeout(60_000);
  before(function () {
    needPrograms(this, 'tmux');
  });

  for (const [what, before] of [
    ['without a size', 'stty cols 0 rows 0'],
    ['of one column', 'stty cols 1'],
    ['that is dumb', 'export TERM=dumb'],
    ['of a kind that nobody knows', 'export TERM=nowhere'],
    ['of no kind', 'unset TERM'],
  ] as const) {
    it(`${what} shows a run and reports, and keeps none from its end`, async () => {
      const store = await storeOf(100);
      const commands = ['rotate due', 'report', 'forecast', 'due list --explain'];
      const lines = commands.map((line) => `${KMS} ${line} || touch failed`);
      const home = temporaryFolder();
      const env = { HOME: home, KMS_DATABASE_URL: store, PAGER: 'cat' };
      await onTerminal([`cd ${home}`, before, ...lines].join('; '), { env });
      assert.ok(!existsSync(join(home, 'failed')));
      assert.equal(rotatedIn(store), 100);
    });
  }
});
