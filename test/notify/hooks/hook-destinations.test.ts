// One hook and one event: what it is given, what it is not given, and that it ends.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KmsEvent } from '../../../src/report/events.js';
import type { Attempt } from '../../../src/notify/destination.js';
import { environmentFor, type HookOutput } from '../../../src/notify/hooks/hook-destinations.js';
import { failure, finished, oneOfEach, rotated, warning } from '../../support/events.js';
import { aScript, hooksOf } from '../../support/hooks.js';
import { until } from '../../support/poll.js';
import { isRunning } from '../../support/proc.js';
import { temporaryFolder } from '../../support/temporary.js';

interface Ran {
  readonly attempt: Attempt;
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
  it('is told of its own kind of event alone', () => {
    const argv = ['true'];
    const argvs = { rotated: argv, failed: argv, warning: argv, finished: argv };
    for (const destination of hooksOf(argvs)) {
      const taken = oneOfEach().filter((event) => destination.takes(event));
      assert.deepEqual(
        taken.map(({ type }) => type),
        [destination.name.replace('hook on_', 'kms.')],
      );
    }
  });

  it('gets the event as JSON on standard input', async () => {
    const file = join(temporaryFolder(), 'event.json');
    const event = rotated({ uid: 'it\'s "quoted" $(id)' });
    const { attempt } = await run([aScript(`cat > '${file}'`)], event);
    assert.equal(attempt.kind, 'accepted');
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), event);
  });

  it('gets its arguments as they stand: no shell looks at them', async () => {
    const file = join(temporaryFolder(), 'arguments');
    const script = aScript(`printf '%s|' "$@" > '${file}'`);
    await run([script, '$(id)', 'two words', '; rm -rf', '*']);
    assert.equal(readFileSync(file, 'utf8'), '$(id)|two words|; rm -rf|*|');
  });

  it('need not read what it is told', async () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `tag-${index}`);
    const objectSummary = { owner: null, objectType: null, algorithm: null, tags };
    assert.equal(
      (await run([aScript('exit 0')], rotated({ objectSummary }))).attempt.kind,
      'accepted',
    );
  });

  it('failed if its exit code is not 0, or a signal ended it', async () => {
    const error = async (text: string) => {
      const { attempt } = await run([aScript(text)]);
      return attempt.kind === 'failed' ? [attempt.error, attempt.unwell] : attempt.kind;
    };
    assert.deepEqual(await error('exit 3'), ['exit code 3', false]);
    assert.deepEqual(await error('kill -9 $$'), ['ended by SIGKILL', false]);
  });

  for (const [what, path, code] of [
    ['is missing', '/nonexistent/hook', 'ENOENT'],
    ['is not executable', aScript('exit 0', 0o644), 'EACCES'],
  ] as const) {
    it(`that ${what} is tried with no other event in this run`, async () => {
      const { attempt } = await run([path]);
      assert.ok(attempt.kind === 'failed' && attempt.unwell);
      assert.equal(attempt.error, `${path} cannot be run: ${code}`);
    });
  }

  it('that takes too long is ended with all that it has started', async () => {
    const pids = join(temporaryFolder(), 'pids');
    const script = aScript(
      `trap '' TERM\nsleep 600 & echo $! > '${pids}'; echo $$ >> '${pids}'; while :; do sleep 1; done`,
    );
    const { attempt } = await run([script], rotated(), { timeoutSeconds: 1 });
    assert.ok(attempt.kind === 'failed' && !attempt.unwell);
    assert.equal(attempt.error, 'not done within 1 s');
    await assertEnded(pids);
  });

  it('is ended at once with all that it has started if there is no time left', async () => {
    const pids = join(temporaryFolder(), 'pids');
    const controller = new AbortController();
    const script = aScript(`sleep 600 & echo $! > '${pids}'; echo $$ >> '${pids}'; wait`);
    const running = run([script], rotated(), { signal: controller.signal });
    await until('it runs', () => linesOf(pids).length === 2);
    controller.abort();
    assert.equal((await running).attempt.kind, 'failed');
    await assertEnded(pids);
  });

  it('is not waited for by what it leaves running', async () => {
    const { attempt } = await run([aScript('sleep 30 &')]);
    assert.equal(attempt.kind, 'accepted');
  });

  it('has what it prints handed over, up to a limit', async () => {
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

describe('the environment of a hook', () => {
  const OURS = {
    ...{ PATH: '/bin', HOME: '/root', LANG: 'C', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...{ KMS_DATABASE_URL: 'postgres://u:secret@h/d', KMS_NOTIFY_SMTP_PASSWORD: 'secret' },
    ...{ OTEL_EXPORTER_OTLP_HEADERS: 'a=secret', PGPASSWORD: 'secret', NODE_OPTIONS: '--x' },
  };

  it('has what programs need to run and nothing else of ours', () => {
    const names = Object.keys(environmentFor(finished(), 1, OURS));
    assert.deepEqual(names.filter((name) => !name.startsWith('KMS_')).sort(), [
      'HOME',
      'LANG',
      'LC_ALL',
      'PATH',
      'TZ',
    ]);
    assert.ok(!JSON.stringify(environmentFor(finished(), 1, OURS)).includes('secret'));
  });

  it('tells of the event', () => {
    const told = (event: KmsEvent) => {
      const { KMS_RUN_ID, KMS_EVENT_ID, ...rest } = environmentFor(event, 3, {});
      assert.deepEqual([KMS_RUN_ID, KMS_EVENT_ID], [event.data.runId, event.id]);
      return rest;
    };
    assert.deepEqual(told(rotated({ uid: 'a', replacementUid: 'a@1' })), {
      ...{ KMS_EVENT: 'rotated', KMS_ATTEMPT: '3' },
      ...{ KMS_UID: 'a', KMS_REPLACEMENT_UID: 'a@1' },
    });
    assert.equal(told(failure())['KMS_REASON'], 'WrappingCycle');
    assert.equal(told(warning())['KMS_UID'], 'key-1');
    assert.deepEqual(told(finished()), {
      ...{ KMS_EVENT: 'finished', KMS_ATTEMPT: '3', KMS_EXIT_CODE: '0' },
    });
  });

  it('is what the process really gets', async () => {
    const file = join(temporaryFolder(), 'environment');
    writeFileSync(file, '');
    process.env['KMS_TEST_MARKER'] = 'secret';
    try {
      await run([aScript(`env > '${file}'`)]);
    } finally {
      delete process.env['KMS_TEST_MARKER'];
    }
    const text = readFileSync(file, 'utf8');
    assert.match(text, /^KMS_EVENT=rotated$/m);
    assert.ok(!text.includes('secret'));
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
