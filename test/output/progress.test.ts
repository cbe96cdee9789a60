// The spinner of a run: the one that does nothing prints nothing, and the real one ends what it began.
import assert from 'node:assert/strict';
import { captureOutput } from '@oclif/test';
import { NO_PROGRESS, startProgress } from '../../src/output/progress.js';

describe('progress', () => {
  it('that nobody sees prints nothing', async () => {
    const { stdout, stderr } = await captureOutput(() => {
      NO_PROGRESS.update(1, 2);
      NO_PROGRESS.stop();
      return Promise.resolve();
    });
    assert.equal(stdout + stderr, '');
  });

  it('keeps off standard output', async () => {
    const { stdout } = await captureOutput(async () => {
      const progress = await startProgress('rotating');
      progress.update(1, 2);
      progress.stop();
    });
    assert.equal(stdout, '');
  });
});
