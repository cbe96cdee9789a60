// Runs one hook for one event. No shell sees its arguments; the event is JSON on standard input; the environment is
// hook-environment.ts's.
import { spawn, type ChildProcess } from 'node:child_process';
import type { KmsEvent } from '../../report/events.js';
import { ACCEPTED, failed, unavailable, type SendResult } from '../destination.js';
import { hookEnvironment } from './hook-environment.js';

export interface HookRun {
  readonly event: KmsEvent;
  readonly attempt: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The variables with which the hook finds the store. */
  readonly store: Readonly<Record<string, string>>;
}

export interface HookResult {
  readonly result: SendResult;
  /** What it printed to standard output and standard error. */
  readonly text: string;
}

/** The time between SIGTERM and SIGKILL. */
export const KILL_GRACE_MS = 1000;

/** How much of its output is kept, in characters. */
const OUTPUT_KEPT = 4096;

export function runHook(
  [file = '', ...args]: readonly string[],
  { event, attempt, timeoutMs, signal, store }: HookRun,
): Promise<HookResult> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        // Its own process group, so that whatever it starts ends with it.
        detached: true,
        env: { ...store, ...hookEnvironment(event, attempt, process.env) },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    } catch (error) {
      // For example a uid with a NUL, which no variable can hold.
      resolve({ result: failed(`${file} cannot be run: ${codeOf(error)}`), text: '' });
      return;
    }
    let text = '';
    let timedOut = false;
    const keep = (chunk: string) => {
      text = (text + chunk).slice(0, OUTPUT_KEPT);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    // A hook need not read its input: a broken pipe is no failure.
    child.stdin?.on('error', () => undefined).end(`${JSON.stringify(event)}\n`);
    const kill = () => {
      endGroup(child, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child, 'SIGTERM');
      graceTimer = setTimeout(kill, KILL_GRACE_MS);
    }, timeoutMs);
    let graceTimer: NodeJS.Timeout | undefined;
    process.on('exit', kill);
    signal.addEventListener('abort', kill);
    const end = (result: SendResult) => {
      clearTimeout(timer);
      clearTimeout(graceTimer);
      process.off('exit', kill);
      signal.removeEventListener('abort', kill);
      // Processes that the hook left behind may hold these open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ result, text: text.trim() });
    };
    child.on('error', (error) => {
      end(unavailable(`${file} cannot be run: ${codeOf(error)}`));
    });
    child.on('exit', (code, endedBy) => {
      if (timedOut) kill();
      // Its output is read first.
      setImmediate(() => {
        end(resultOf(code, endedBy, timedOut ? timeoutMs / 1000 : null));
      });
    });
  });
}

function resultOf(
  code: number | null,
  endedBy: NodeJS.Signals | null,
  timedOutAfterSeconds: number | null,
): SendResult {
  if (timedOutAfterSeconds !== null) return failed(`not done within ${timedOutAfterSeconds} s`);
  if (code === 0) return ACCEPTED;
  return failed(code === null ? `ended by ${endedBy ?? 'a signal'}` : `exit code ${code}`);
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The whole group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}
