// Progress on standard error: a spinner, lines, or nothing.
import assert from 'node:assert/strict';
import { captureOutput } from '@oclif/test';
import { NO_PROGRESS, progressLines, startProgress } from '../../src/output/progress.js';

describe('progress', () => {
  it('prints nothing when it is off', async () => {
    const { stdout, stderr } = await captureOutput(() => {
      NO_PROGRESS.update(1, 2);
      NO_PROGRESS.stop();
      return Promise.resolve();
    });
    assert.equal(stdout + stderr, '');
  });

  it('prints nothing to standard output', async () => {
    const { stdout } = await captureOutput(async () => {
      const progress = await startProgress('rotating');
      progress.update(1, 2);
      progress.detail('half of it');
      progress.stop();
    });
    assert.equal(stdout, '');
  });

  it('prints a line for each tenth of the work where there is no terminal', () => {
    const written: string[] = [];
    const progress = progressLines('rotating', { write: (line) => written.push(line) });
    progress.detail('not shown');
    for (const done of [64, 128, 192, 256, 2000]) progress.update(done, 2000);
    progress.stop();
    assert.deepEqual(written, ['rotating 256 of 2000\n', 'rotating 2000 of 2000\n']);
  });
});
