import { deepEqual } from 'node:assert/strict';
import { limitMemory, limitMemoryOnceNotable } from '../../src/cli/limit-memory.js';

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

  it('is left alone in commands that need little, as V8 rejects its code cache under other flags', () => {
    const flags: string[] = [];
    let used = 80e6;
    const look = limitMemoryOnceNotable(
      () => used,
      (flag) => flags.push(flag),
    );
    look();
    deepEqual(flags, []);
    used = 130e6;
    look();
    deepEqual(flags, ['--heap-growing-percent=20']);
    used = 230e6;
    look();
    deepEqual(flags, ['--heap-growing-percent=20']);
    used = 260e6;
    look();
    deepEqual(flags, ['--heap-growing-percent=20', '--optimize-for-size']);
  });
});
