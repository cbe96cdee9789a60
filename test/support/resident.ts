// Runs a program again and again in a process that stays, one run after the other: for tests of what it answers, to
// which a process of its own adds nothing but the time that it takes to start.
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('resident-host.js', import.meta.url));

/** What a run is given; its environment holds nothing else. */
export interface ResidentRun {
  /** The path of a module that is the program when it is evaluated. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface ResidentEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end; runs wait for each other. */
export function runResident(run: ResidentRun): Promise<ResidentEnd> {
  const ended = latest.then(() => runIn((host ??= started()), run));
  latest = ended.catch(() => undefined);
  return ended;
}

let host: ChildProcess | null = null;
let latest: Promise<unknown> = Promise.resolve();

/** Ends with this process, which closes the channel between them. */
function started(): ChildProcess {
  return fork(HOST, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: {}, execArgv: [] });
}

async function runIn(child: ChildProcess, run: ResidentRun): Promise<ResidentEnd> {
  const mark = randomUUID();
  const [stdout, stderr] = [child.stdout as Socket, child.stderr as Socket];
  // Only while it runs does this process wait for it.
  const held = [child, child.channel!, stdout, stderr];
  for (const handle of held) handle.ref();
  try {
    return await new Promise<ResidentEnd>((resolve, reject) => {
      const answered = Promise.all([
        untilMark(stdout, mark),
        untilMark(stderr, mark),
        new Promise<number>((code) => child.once('message', code)),
      ]);
      answered.then(([out, err, code]) => {
        resolve({ code, stdout: out, stderr: err });
      }, reject);
      child.once('exit', (code, signal) => {
        host = null;
        reject(new Error(`the program took its host along: ${code ?? signal ?? ''}`));
      });
      child.send({ ...run, mark });
    });
  } finally {
    child.removeAllListeners();
    for (const handle of held) handle.unref();
  }
}

/** Returns what is written before a mark. */
function untilMark(stream: Socket, mark: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (chunk: string) => {
      text += chunk;
      if (!text.endsWith(mark)) return;
      stream.off('data', onData);
      resolve(text.slice(0, -mark.length));
    };
    stream.setEncoding('utf8').on('data', onData);
  });
}
