// What is shown while indexes are made.
import assert from 'node:assert/strict';
import { tellIndexes } from '../../../src/cli/progress/tell-indexes.js';
import { NO_PROGRESS } from '../../../src/output/progress.js';

describe('the progress of making indexes', () => {
  it('tells which one is being made, and how long it goes on by how long the others took', () => {
    const told: string[] = [];
    let now = 5000;
    const tell = tellIndexes({ ...NO_PROGRESS, detail: (text) => void told.push(text) }, () => now);
    const missing = ['due', 'ends'] as const;
    tell({ missing, made: 0, objects: 10_000_000 });
    now += 600_000;
    tell({ missing, made: 1, objects: 10_000_000 });
    assert.deepEqual(told, [
      'making index 1 of 2, kms_rotation_due, about 7 min 30 s left',
      'making index 2 of 2, kms_rotation_ends, about 5 min left',
    ]);
  });
});
