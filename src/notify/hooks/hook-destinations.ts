// Hooks: an executable that is told of events, one process an event. No shell looks at its arguments; it gets the
// event as JSON on standard input and a few KMS_… variables, and of our own environment next to nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { kindOf, type KmsEvent } from '../../report/events.js';
import { ACCEPTED, failed, unwell, type Attempt, type Destination } from '../destination.js';
import type { HookSettings } from '../../settings/notify-settings.js';

/** What a hook has printed, for the log. */
export interface HookOutput {
  /** As in the configuration. */
  readonly hook: string;
  readonly uid: string | null;
  readonly text: string;
  readonly succeeded: boolean;
}

/** Below the lease of a claim, whatever is waited for. */
const LONGEST_TIMEOUT_SECONDS = 60;

/** What a hook that is asked to end has for it, in milliseconds. */
const GRACE_MS = 1000;

/** How much of what it prints is kept, in characters. */
const OUTPUT_KEPT = 4096;

/** Returns a destination for each hook that is set. */
export function hookDestinations(
  { argvs, timeoutSeconds, concurrency }: HookSettings,
  onOutput: (output: HookOutput) => void,
): readonly Destination[] {
  const timeout = Math.min(timeoutSeconds, LONGEST_TIMEOUT_SECONDS);
  return Object.entries(argvs).flatMap(([kind, argv]) => {
    if (argv === null) return [];
    const name = `hook on_${kind}`;
    return {
      name,
      channel: name,
      together: false,
      atOnce: concurrency,
      eachAlone: true,
      // It is ended by ourselves before, so that one that hangs does not stand for all.
      timeoutSeconds: timeout + 2 * (GRACE_MS / 1000),
      takes: (event: KmsEvent) => kindOf(event) === kind,
      send: async ({ events: [event], attempt }, signal) => {
        if (event === undefined) return ACCEPTED;
        const { outcome, text } = await run(argv, event, attempt, timeout * 1000, signal);
        const succeeded = outcome.kind === 'accepted';
        const uid = event.subject ?? null;
        if (text !== '') onOutput({ hook: `on_${kind}`, uid, text, succeeded });
        return outcome;
      },
    } satisfies Destination;
  });
}

interface Ran {
  readonly outcome: Attempt;
  /** What it printed, on either stream. */
  readonly text: string;
}

function run(
  [file = '', ...args]: readonly string[],
  event: KmsEvent,
  attempt: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Ran> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        // A process group of its own: whatever it starts is ended with it.
        detached: true,
        env: environmentFor(event, attempt, process.env),
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    } catch (error) {
      // A uid with a NUL in it, say, which no variable can hold.
      resolve({ outcome: failed(`${file} cannot be run: ${codeOf(error)}`), text: '' });
      return;
    }
    let text = '';
    let timedOut = false;
    const keep = (chunk: string) => {
      text = (text + chunk).slice(0, OUTPUT_KEPT);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    // It need not read what it is told.
    child.stdin?.on('error', () => undefined).end(`${JSON.stringify(event)}\n`);
    const kill = () => {
      endGroup(child, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child, 'SIGTERM');
      graceTimer = setTimeout(kill, GRACE_MS);
    }, timeoutMs);
    let graceTimer: NodeJS.Timeout | undefined;
    process.on('exit', kill);
    signal.addEventListener('abort', kill);
    const over = (outcome: Attempt) => {
      clearTimeout(timer);
      clearTimeout(graceTimer);
      process.off('exit', kill);
      signal.removeEventListener('abort', kill);
      // What it left running may hold them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ outcome, text: text.trim() });
    };
    child.on('error', (error) => {
      over(unwell(`${file} cannot be run: ${codeOf(error)}`));
    });
    child.on('exit', (code, endedBy) => {
      if (timedOut) kill();
      // What it has printed is read first.
      setImmediate(() => {
        over(outcomeOf(code, endedBy, timedOut ? timeoutMs / 1000 : null));
      });
    });
  });
}

function outcomeOf(
  code: number | null,
  endedBy: NodeJS.Signals | null,
  timedOutAfterSeconds: number | null,
): Attempt {
  if (timedOutAfterSeconds !== null) return failed(`not done within ${timedOutAfterSeconds} s`);
  if (code === 0) return ACCEPTED;
  return failed(code === null ? `ended by ${endedBy ?? 'a signal'}` : `exit code ${code}`);
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // All of it has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What programs need to run at all; the rest may hold secrets that are none of a hook's business. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR'];

export function environmentFor(
  event: KmsEvent,
  attempt: number,
  ours: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(ours).filter(
    ([name]) => PASSED_ON.includes(name) || name.startsWith('LC_'),
  );
  const { data } = event;
  const told = {
    KMS_EVENT: event.type.replace(/^kms\./, ''),
    KMS_EVENT_ID: event.id,
    KMS_ATTEMPT: String(attempt),
    KMS_RUN_ID: data.runId,
    KMS_UID: 'uid' in data ? data.uid : null,
    KMS_REPLACEMENT_UID: 'replacementUid' in data ? data.replacementUid : null,
    KMS_PUBLIC_KEY_REPLACEMENT_UID:
      'publicKeyReplacementUid' in data ? data.publicKeyReplacementUid : null,
    KMS_REASON: 'error' in data && data.error !== null ? data.error.reason : null,
    KMS_EXIT_CODE: 'exitCode' in data ? String(data.exitCode) : null,
  };
  return Object.fromEntries(
    [...kept, ...Object.entries(told)].filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    ),
  );
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}
