// One hook and one event: what the process receives, what its exit means, and that it always ends.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KmsEvent } from '../../../src/report/events.js';
import type { SendResult } from '../../../src/notify/destination.js';
import type { HookOutput } from '../../../src/notify/hooks/hook-destinations.js';
import { oneOfEach, rotated } from '../../support/events.js';
import { aScript, hooksOf } from '../../support/hooks.js';
import { until } from '../../support/poll.js';
import { isRunning } from '../../support/proc.js';
import { temporaryFolder } from '../../support/temporary.js';

interface Ran {
  readonly attempt: SendResult;
  readonly outputs: readonly HookOutput[];
}

async function run(
  argv: readonly string[],
  event: KmsEvent = rotated(),
  { timeoutSeconds = 20, signal = new AbortController().signal } = {},
): Promise<Ran> {
  const outputs: HookOutput[] = [];
  const onOutput = (output: HookOutput) => outputs.push(output);
  const [hook] = hooksOf({ rotated: argv }, { timeoutSeconds, onOutput });
  const message = { id: event.id, attempt: 2, events: [event] };
  return { attempt: await hook!.send(message, signal), outputs };
}

describe('a hook', () => {
  it('receives only events of its own kind', () => {
    const argv = ['true'];
    const argvs = { rotated: argv, failed: argv, warning: argv, finished: argv };
    for (const destination of hooksOf(argvs)) {
      const taken = oneOfEach().filter((event) => destination.accepts(event));
      assert.deepEqual(
        taken.map(({ type }) => type),
        [destination.name.replace('hook on_', 'kms.')],
      );
    }
  });

  it('receives the event as JSON on standard input', async () => {
    const file = join(temporaryFolder(), 'event.json');
    const event = rotated({ uid: 'it\'s "quoted" $(id)' });
    const { attempt } = await run([aScript(`cat > '${file}'`)], event);
    assert.equal(attempt.kind, 'accepted');
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), event);
  });

  it('receives its arguments unchanged: no shell expands them', async () => {
    const file = join(temporaryFolder(), 'arguments');
    const script = aScript(`printf '%s|' "$@" > '${file}'`);
    await run([script, '$(id)', 'two words', '; rm -rf', '*']);
    assert.equal(readFileSync(file, 'utf8'), '$(id)|two words|; rm -rf|*|');
  });

  it('need not read its standard input', async () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `tag-${index}`);
    const objectSummary = { owner: null, objectType: null, algorithm: null, tags };
    assert.equal(
      (await run([aScript('exit 0')], rotated({ objectSummary }))).attempt.kind,
      'accepted',
    );
  });

  it('fails if its exit code is not 0 or a signal ends it', async () => {
    const error = async (text: string) => {
      const { attempt } = await run([aScript(text)]);
      return attempt.kind === 'failed' ? [attempt.error, attempt.unavailable] : attempt.kind;
    };
    assert.deepEqual(await error('exit 3'), ['exit code 3', false]);
    assert.deepEqual(await error('kill -9 $$'), ['ended by SIGKILL', false]);
  });

  for (const [what, spoil, code] of [
    ['is gone', rmSync, 'ENOENT'],
    [
      'is no longer executable',
      (path: string) => {
        chmodSync(path, 0o644);
      },
      'EACCES',
    ],
  ] as const) {
    it(`that ${what} is not started for other events in this run`, async () => {
      const path = aScript('exit 0');
      const [hook] = hooksOf({ rotated: [path] });
      spoil(path);
      const message = { id: 'one', attempt: 1, events: [rotated()] };
      const attempt = await hook!.send(message, new AbortController().signal);
      assert.ok(attempt.kind === 'failed' && attempt.unavailable);
      assert.equal(attempt.error, `${path} cannot be run: ${code}`);
    });
  }

  it('is killed with all its processes when it takes too long', async () => {
    const pids = join(temporaryFolder(), 'pids');
    const script = aScript(
      `trap '' TERM\nsleep 600 & echo $! > '${pids}'; echo $$ >> '${pids}'; while :; do sleep 1; done`,
    );
    const { attempt } = await run([script], rotated(), { timeoutSeconds: 1 });
    assert.ok(attempt.kind === 'failed' && !attempt.unavailable);
    assert.equal(attempt.error, 'not done within 1 s');
    await assertEnded(pids);
  });

  it('is killed at once with all its processes when the signal aborts', async () => {
    const pids = join(temporaryFolder(), 'pids');
    const controller = new AbortController();
    const script = aScript(`sleep 600 & echo $! > '${pids}'; echo $$ >> '${pids}'; wait`);
    const running = run([script], rotated(), { signal: controller.signal });
    await until('it runs', () => linesOf(pids).length === 2);
    controller.abort();
    assert.equal((await running).attempt.kind, 'failed');
    await assertEnded(pids);
  });

  it('is done when it exits, even if it leaves processes running', async () => {
    const { attempt } = await run([aScript('sleep 30 &')]);
    assert.equal(attempt.kind, 'accepted');
  });

  it('has its output passed on, up to a limit', async () => {
    const { outputs } = await run([aScript('echo out; echo err >&2; exit 1')]);
    assert.equal(outputs.length, 1);
    const [output] = outputs;
    assert.deepEqual(output?.text.split('\n').sort(), ['err', 'out']);
    assert.deepEqual([output.hook, output.uid, output.succeeded], ['on_rotated', 'key-1', false]);
    const much = await run([aScript('yes | head -c 1000000')]);
    assert.equal(much.attempt.kind, 'accepted');
    assert.ok((much.outputs[0]?.text.length ?? 0) <= 4096);
    assert.deepEqual((await run([aScript(':')])).outputs, []);
  });
});

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    // Not written yet.
    return [];
  }
}

async function assertEnded(pids: string): Promise<void> {
  const all = linesOf(pids).map(Number);
  assert.equal(all.length, 2);
  await until('all have ended', () => all.every((pid) => !isRunning(pid)));
}
