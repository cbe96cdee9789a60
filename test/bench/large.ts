// What commands cost on a store of millions of objects, beside one of 100,000 with as many keys due.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../support/databases.js';
import { temporaryFolder } from '../support/temporary.js';
import { fillLarge } from './fill-large.js';
import { withProcess } from './helper-process.js';
import { usageOf, type ProcessUsage } from './process-usage.js';

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url));

const DUE = 100_000;

/** Those that must not take longer the more objects there are, first. */
const COMMANDS: readonly (readonly string[])[] = [
  ['due', 'list', '--json'],
  ['warnings', '--dry-run'],
  ['status'],
  ['rotate', 'due', '--max-keys', '1000'],
  ['history'],
  ['key', 'list', '--json'],
  ['doctor'],
  ['report', '--json'],
];

const INIT = ['init', '--yes', '--lock-writers', '1d'];

/** A run that stops early, and damage that doctor finds, have exit codes of their own. */
const ENDS = [0, 4, 5];

export interface LargeUsage {
  readonly command: string;
  readonly small: LargeFigures;
  readonly large: LargeFigures;
}

interface LargeFigures extends ProcessUsage {
  /** The longest time that somebody's write took meanwhile; null where nobody wrote. */
  readonly worstWriteMs: number | null;
}

export async function* measureLarge(
  database: TestDatabase,
  objects: number,
): AsyncGenerator<LargeUsage> {
  const [small, large] = [await database.create(), await database.create()];
  await fillLarge(small, { objects: Math.min(objects, DUE), due: Math.min(objects, DUE) });
  await fillLarge(large, { objects, due: Math.min(objects, DUE) }, (done) => {
    process.stderr.write(`\r${done.toLocaleString('en')} objects made`);
  });
  process.stderr.write('\n');
  // On SQLite nobody writes while indexes are made.
  const isWrittenTo = database.kind !== 'sqlite';
  yield {
    command: 'init',
    small: isWrittenTo ? await besideWriter(small, INIT) : alone(small, INIT),
    large: isWrittenTo ? await besideWriter(large, INIT) : alone(large, INIT),
  };
  for (const argv of COMMANDS) {
    yield {
      command: argv.filter((word) => !word.startsWith('-')).join(' '),
      small: alone(small, argv),
      large: alone(large, argv),
    };
  }
}

function alone(url: string, argv: readonly string[]): LargeFigures {
  return { ...usageOf(url, argv, ENDS), worstWriteMs: null };
}

async function besideWriter(url: string, argv: readonly string[]): Promise<LargeFigures> {
  const told = join(temporaryFolder(), 'worst-write');
  const usage = await withProcess(WRITER, [url, told], () =>
    Promise.resolve(usageOf(url, argv, ENDS)),
  );
  return { ...usage, worstWriteMs: Number(readFileSync(told, 'utf8')) };
}
