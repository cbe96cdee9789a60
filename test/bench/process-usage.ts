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

/** @throws Error if it does not exit with 0. */
export function usageOf(url: string, argv: readonly string[], program = PROGRAM): ProcessUsage {
  const told = join(temporaryFolder(), 'usage');
  const tell = `import fs from 'node:fs'; process.on('exit', () =>
    fs.writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.resourceUsage())));`;
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KMS_DATABASE_URL: url,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
    },
  });
  if (status !== 0) {
    throw new Error(`kms ${argv.join(' ')} ended with ${status ?? 'none'}: ${stderr}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const usage = JSON.parse(readFileSync(told, 'utf8')) as NodeJS.ResourceUsage;
  return {
    // In kilobytes.
    megabytes: usage.maxRSS / 1024,
    seconds,
    // In microseconds.
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
  };
}
