// How long `kms due list` takes from start to end as a program of its own, against a command of oclif
// that does nothing but say hello.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { aSymmetricKey, DAY } from '../support/symmetric-keys.js';
import { median } from './median.js';

const KEYS = 1000;
const DUE = 10;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface StartUpTimes {
  /** Milliseconds, the median of all runs. */
  readonly hello: number;
  readonly dueList: number;
}

/** Measures the two in turn. */
export async function measureStartUp(runs: number): Promise<StartUpTimes> {
  const hello = await writeHelloWorld();
  const path = await storeWithSomeDue();
  const times: Record<keyof StartUpTimes, number[]> = { hello: [], dueList: [] };
  for (let run = 0; run <= runs; run += 1) {
    const helloMs = spawnMs([join(hello, 'run.js'), 'hello'], 1);
    const dueListMs = spawnMs(
      [join(ROOT, 'bin', 'run.js'), 'due', 'list', '--database-url', path],
      1 + DUE,
    );
    // The first run warms the file cache.
    if (run === 0) continue;
    times.hello.push(helloMs);
    times.dueList.push(dueListMs);
  }
  rmSync(hello, { recursive: true });
  return { hello: median(times.hello), dueList: median(times.dueList) };
}

async function storeWithSomeDue(): Promise<string> {
  const path = await newStorePath();
  const today = Math.floor(Date.now() / 1000);
  const rows = Array.from({ length: KEYS }, (_, index) =>
    aSymmetricKey({ uid: `key-${index}`, initialDate: today - (index < DUE ? 40 : 20) * DAY }),
  );
  insertRows(path, rows);
  return path;
}

/** Returns a folder below node_modules, from which @oclif/core is found. */
async function writeHelloWorld(): Promise<string> {
  const folder = join(ROOT, 'node_modules', '.cache', 'kms-bench');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'commands'), { recursive: true });
  const files = {
    'package.json': JSON.stringify({
      name: 'hello-world',
      version: '1.0.0',
      type: 'module',
      oclif: { bin: 'hello', dirname: 'hello', commands: './commands' },
    }),
    'run.js': `import { execute } from '@oclif/core';\nawait execute({ dir: import.meta.url });\n`,
    'commands/hello.js': `import { Command } from '@oclif/core';
export default class Hello extends Command {
  async run() {
    await this.parse(Hello);
    this.log('hello world');
  }
}
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const plugin = new Plugin({ root: folder, type: 'core', ignoreManifest: true });
  await plugin.load();
  writeFileSync(join(folder, 'oclif.manifest.json'), JSON.stringify(plugin.manifest));
  return folder;
}

/** Runs a program to its end; one that does not print as many lines as it should measures nothing. */
function spawnMs(words: readonly string[], lines: number): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  const ms = performance.now() - began;
  const printed = stdout.split('\n').length - 1;
  if (status === 0 && printed === lines) return ms;
  throw new Error(`${words.join(' ')}: exit code ${status ?? 'none'}, ${printed} lines\n${stderr}`);
}
