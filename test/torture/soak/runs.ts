// The runs of a soak: four at once, one after the other in each of four places, each in a process of its own whose
// memory and open handles are measured while it runs (Linux).
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RUN_JS } from '../../support/binary.js';
import { temporaryFolder } from '../../support/temporary.js';

export interface EndedRun {
  readonly argv: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly megabytes: number;
  readonly handles: number;
  /** What befell it: killed, cut off, a full disk. */
  readonly disturbances: ReadonlySet<Disturbance>;
}

export type Disturbance = 'kill' | 'cut' | 'full disk';

export interface Runs {
  /** Runs until told to stop; resolves when all have ended. */
  goOn(stopped: () => boolean): Promise<readonly EndedRun[]>;
  /** Runs once. */
  once(argv: readonly string[]): Promise<EndedRun>;
  kill(random: () => number): boolean;
  /** Notes for all that run now what befalls them. */
  mark(disturbance: Disturbance): number;
  /** How many processes are there. */
  alive(): number;
  /** How many files they left in their home. */
  files(): number;
}

const AT_ONCE = 4;
const LOOK_EVERY_MS = 60;

interface Live {
  readonly child: ChildProcess;
  readonly disturbances: Set<Disturbance>;
  megabytes: number;
  handles: number;
}

export function soakRuns(url: string, random: () => number): Runs {
  const live = new Set<Live>();
  const home = temporaryFolder();
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    KMS_DATABASE_URL: url,
    KMS_ROTATION_KEY_ENCRYPTION_KEY: 'none',
  };
  const once = async (argv: readonly string[]): Promise<EndedRun> => {
    const child = spawn(process.execPath, [RUN_JS, ...argv], {
      ...{ cwd: home, env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run: Live = { child, disturbances: new Set(), megabytes: 0, handles: 0 };
    live.add(run);
    const looking = setInterval(() => {
      measure(run);
    }, LOOK_EVERY_MS);
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => {
        clearInterval(looking);
        live.delete(run);
        const { megabytes, handles, disturbances } = run;
        resolve({ argv, code, signal, ...text, megabytes, handles, disturbances });
      });
    });
  };
  return {
    once,
    goOn: async (stopped) => {
      const ended: EndedRun[] = [];
      const lane = async () => {
        while (!stopped()) {
          ended.push(await once(aCommand(random)));
          await pause(random() * 600);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return ended;
    },
    kill: (chance) => {
      const all = [...live];
      const one = all[Math.floor(chance() * all.length)];
      one?.disturbances.add('kill');
      return one?.child.kill('SIGKILL') ?? false;
    },
    mark: (disturbance) => {
      for (const { disturbances } of live) disturbances.add(disturbance);
      return live.size;
    },
    alive: () => live.size,
    files: () =>
      readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        .length,
  };
}

/** What goes to standard error is an error then. */
export const ROTATE = ['rotate', 'due', '--json', '--log-format', 'json', '--log-level', 'error'];

function aCommand(random: () => number): readonly string[] {
  const choice = random();
  if (choice < 0.1) return [...ROTATE, '--batch', '1'];
  if (choice < 0.3) return [...ROTATE, '--batch', '8', '--concurrency', '2'];
  if (choice < 0.4) return [...ROTATE, '--shard', `${Math.floor(random() * 2)}/2`];
  if (choice < 0.5) return [...ROTATE, '--max-keys', '5'];
  return ROTATE;
}

/** A process that is gone, or a zombie, has neither. */
function measure(run: Live): void {
  const { pid } = run.child;
  try {
    const [, kilobytes] =
      /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    run.megabytes = Math.max(run.megabytes, Number(kilobytes ?? 0) / 1024);
    run.handles = Math.max(run.handles, readdirSync(`/proc/${pid}/fd`).length);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES') throw error;
  }
}
