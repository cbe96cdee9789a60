import { deepEqual } from 'node:assert/strict';
import { limitMemory } from '../../src/cli/limit-memory.js';

describe('the memory of a run', () => {
  it('is kept small at the cost of time only from when it is large', () => {
    const flags: string[] = [];
    let used = 100e6;
    const look = limitMemory(
      () => used,
      (flag) => flags.push(flag),
    );
    look();
    deepEqual(flags, ['--heap-growing-percent=20']);
    used = 200e6;
    look();
    look();
    deepEqual(flags, ['--heap-growing-percent=20', '--optimize-for-size']);
  });
});
