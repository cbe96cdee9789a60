// What commands cost on a store of millions of objects, beside one of 100,000 with as many keys due.
import type { TestDatabase } from '../support/databases.js';
import { fillLarge } from './fill-large.js';
import { usageOf, type ProcessUsage } from './process-usage.js';

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
  readonly small: ProcessUsage;
  readonly large: ProcessUsage;
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
  for (const argv of [INIT, ...COMMANDS]) {
    const [one, other] = [usageOf(small, argv, ENDS), usageOf(large, argv, ENDS)];
    yield {
      command: argv.filter((word) => !word.startsWith('-')).join(' '),
      small: one,
      large: other,
    };
  }
}
