// How much memory a run over very many due keys takes at its height, as a program of its own.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../support/databases.js';
import { aSymmetricKey, JANUARY, newStorePath } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';
import { fill, TEMPLATE_UID } from './fill.js';

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface MemoryOfRun {
  readonly megabytes: number;
  readonly seconds: number;
}

/** Runs `kms rotate due` over so many due keys; `json` prints the whole report. */
export async function measureMemory(
  database: TestDatabase,
  keys: number,
  json: boolean,
): Promise<MemoryOfRun> {
  const url = await newStorePath(database);
  const key = aSymmetricKey({ uid: TEMPLATE_UID, initialDate: JANUARY });
  await fill(url, key, { from: 0, to: keys, prefix: 'due-' });
  const told = join(temporaryFolder(), 'peak');
  // maxRSS is in kilobytes.
  const tell = `import fs from 'node:fs'; process.on('exit', () =>
    fs.writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS)));`;
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, 'rotate', 'due', ...(json ? ['--json'] : [])],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        KMS_DATABASE_URL: url,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
      },
    },
  );
  if (status !== 0) throw new Error(`kms rotate due ended with ${status ?? 'none'}: ${stderr}`);
  const seconds = (performance.now() - began) / 1000;
  return { megabytes: Number(readFileSync(told, 'utf8')) / 1024, seconds };
}
