// Database servers of a test's own, on ports of their own and in folders that vanish, for tests that stop
// a server or need one with settings of its own. The servers of shared-servers.ts are left alone.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describeOn, need } from './left-out.js';
import { until } from './poll.js';
import { isRunning } from './proc.js';
import { idsOf, SERVER_KINDS, type Command, type ServerKind } from './server-kinds.js';
import { withBare } from './sql.js';

export interface PrivateServer {
  readonly name: ServerKind['name'];
  /** Where its files are; a server in a chroot sees them elsewhere. */
  readonly folder: string;
  readonly seen: string;
  readonly port: number;
  /** The administrator's. */
  readonly url: string;
  /** Makes an empty database and returns its URL. */
  create(): Promise<string>;
  /** Resolves when it answers. */
  start(settings?: readonly string[]): Promise<void>;
  /** Cuts every session; resolves when it is gone. */
  stop(): Promise<void>;
  /** The same as if its machine had died: it tells nobody. */
  kill(): Promise<void>;
}

const START_MS = 60_000;

/** A suite for each kind of server, with one that runs. */
export function describeEachPrivateServer(
  title: string,
  suite: (server: () => PrivateServer, name: ServerKind['name']) => void,
  make: (kind: ServerKind) => Promise<PrivateServer> = makeStarted,
): void {
  for (const kind of SERVER_KINDS) {
    describeOn(kind.name, title, () => {
      let made: PrivateServer | null = null;
      before(async function () {
        this.timeout(3 * START_MS);
        need(this, `the programs of ${kind.name}`, kind.isInstalled());
        made = await make(kind);
      });
      after(async function () {
        this.timeout(START_MS);
        await made?.stop();
      });
      suite(() => {
        if (made === null) throw new Error(`the ${kind.name} server is not made yet`);
        return made;
      }, kind.name);
    });
  }
}

async function makeStarted(kind: ServerKind): Promise<PrivateServer> {
  const server = await makeServer(kind);
  await server.start();
  return server;
}

/** Fills the folder that the servers of a run are copied from: filling one takes seconds. */
export async function keepNewServer(kind: ServerKind): Promise<void> {
  const { folder, seen } = kind.makeFolder();
  await fill(kind.initialise(seen), `${folder}/log`);
  process.env[newServerVariable(kind)] = `${folder}/data`;
}

function newServerVariable({ name }: ServerKind): string {
  return `KMS_TEST_NEW_SERVER_${name}`;
}

/** Makes a server that is not started yet; `initialise` fills its folder another way than is usual. */
export async function makeServer(
  kind: ServerKind,
  initialise?: ServerKind['initialise'],
): Promise<PrivateServer> {
  const { folder, seen } = kind.makeFolder();
  const log = `${folder}/log`;
  // What only poses as a server of a kind, such as a pooler, has nothing to copy.
  const kept = SERVER_KINDS.includes(kind) ? process.env[newServerVariable(kind)] : undefined;
  const copying = { argv: ['cp', '-a', kept ?? '', `${folder}/data`] };
  const usual = kept === undefined ? kind.initialise(seen) : copying;
  await fill(initialise?.(seen) ?? usual, log);
  const port = await freePort();
  let running: ChildProcess | null = null;
  let databases = 0;
  const end = async (signal: NodeJS.Signals) => {
    const child = running;
    running = null;
    if (child?.exitCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  // Before its folder is taken away.
  process.prependListener('exit', () => {
    if (running !== null) killAtOnce(running, kind.killSignal);
  });
  return {
    ...{ name: kind.name, folder, seen, port, url: kind.url(port) },
    create: async () => {
      const name = `kms_${(databases += 1)}`;
      await withBare(kind.url(port), (bare) => bare.query(`CREATE DATABASE ${name}`));
      return new URL(`/${name}`, kind.url(port)).href;
    },
    start: async (settings = []) => {
      const { argv, ...command } = kind.serve(seen, port);
      const child = launch({ argv: [...argv, ...settings], ...command }, log);
      running = child;
      await until(`${kind.name} answers`, () => answers(child, kind.url(port), log), START_MS);
    },
    stop: () => end(kind.stopSignal),
    kill: () => end(kind.killSignal),
  };
}

/** Runs what fills a server's folder. */
async function fill(command: Command, log: string): Promise<void> {
  const filling = launch(command, log);
  filling.ref();
  const [code] = (await once(filling, 'exit')) as [number | null];
  if (code !== 0) {
    throw new Error(`${command.argv.join(' ')}: ${readFileSync(log, 'utf8').slice(-2000)}`);
  }
}

/** Starts a server process, which ends with this one, however this one ends. */
function launch({ argv, user }: Command, log: string): ChildProcess {
  const tied = existsSync('/usr/bin/setpriv') ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
  const [file = '', ...rest] = [...tied, ...argv];
  const output = openSync(log, 'a');
  const child = spawn(file, rest, {
    cwd: '/',
    stdio: ['ignore', output, output],
    ...idsOf(user ?? null),
  });
  closeSync(output);
  // A server that is still there keeps nobody from leaving.
  child.unref();
  return child;
}

function killAtOnce(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return;
  child.kill(signal);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 250 && isRunning(pid); tries += 1) Atomics.wait(pause, 0, 0, 20);
}

/** A port that no connection is given by the system meanwhile: those are above 32768. */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return freePort();
  }
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answers(child: ChildProcess, url: string, log: string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8').slice(-2000));
  try {
    await withBare(url, (bare) => bare.query('SELECT 1'));
    return true;
  } catch {
    return false;
  }
}
