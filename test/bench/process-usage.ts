// Runs the built program as a process of its own, and tells what it used: its memory at the height, and its time.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary.js';

export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface ProcessUsage {
  readonly megabytes: number;
  readonly seconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
}

/** @throws Error if it does not exit with one of these codes. */
export function usageOf(
  url: string,
  argv: readonly string[],
  ends: readonly number[] = [0],
  program = PROGRAM,
): ProcessUsage {
  const told = join(temporaryFolder(), 'usage');
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    // What millions of objects print does not fit into memory.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KMS_DATABASE_URL: url,
      NODE_OPTIONS: tellUsage(told),
    },
  });
  if (status === null || !ends.includes(status)) {
    throw new Error(`kms ${argv.join(' ')} ended with ${status ?? 'none'}: ${stderr}`);
  }
  return { ...usageTold(told), seconds: (performance.now() - began) / 1000 };
}

/** Options by which a Node.js program writes into a file, as it exits, what it used. */
export function tellUsage(file: string): string {
  const tell = `import fs from 'node:fs'; process.on('exit', () =>
    fs.writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.resourceUsage())));`;
  return `--import=data:text/javascript,${encodeURIComponent(tell)}`;
}

export function usageTold(file: string): Omit<ProcessUsage, 'seconds'> {
  const usage = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage;
  return {
    // In kilobytes.
    megabytes: usage.maxRSS / 1024,
    // In microseconds.
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
  };
}
