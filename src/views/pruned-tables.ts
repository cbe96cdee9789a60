// `kms prune`: what it removed of our tables, or would remove, in a few lines.
import type { PrunedTables } from '../store/own/prune-history.js';

const NAMES = {
  log: 'entries of the rotation log',
  outbox: 'delivered messages',
  warnings: 'warnings of deadlines',
  conditions: 'failures that are over',
} as const satisfies Record<keyof PrunedTables, string>;

export function* prunedLines(tables: PrunedTables, dryRun: boolean): Generator<string> {
  for (const [name, words] of Object.entries(NAMES)) {
    const { removed, needed } = tables[name as keyof PrunedTables];
    const kept = needed === 0 ? '' : `; ${needed} that are as old are still needed`;
    yield `${removed} ${words} ${dryRun ? 'would be removed' : 'removed'}${kept}`;
  }
}

export function countRemoved(tables: PrunedTables): number {
  return Object.values(tables).reduce((sum, { removed }) => sum + removed, 0);
}
