// Several runs that write to one metrics file.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { updateMetricsFile } from '../../src/telemetry/metrics-file.js';
import { temporaryFolder } from '../support/temporary.js';

describe('a metrics file', () => {
  it('loses nothing of runs that end at once, and keeps no lock', async () => {
    const path = join(temporaryFolder(), 'kms.prom');
    const adding = Array.from({ length: 20 }, (_, index) =>
      updateMetricsFile(path, (content) => `${content}${index}\n`),
    );
    await Promise.all(adding);
    assert.equal(new Set(readFileSync(path, 'utf8').trim().split('\n')).size, 20);
    assert.ok(!existsSync(`${path}.lock`));
  });

  it('is written after three seconds beside the lock of a killed run', async function () {
    this.timeout(10_000);
    const path = join(temporaryFolder(), 'kms.prom');
    writeFileSync(`${path}.lock`, '');
    await updateMetricsFile(path, () => 'x\n');
    assert.deepEqual([readFileSync(path, 'utf8'), existsSync(`${path}.lock`)], ['x\n', false]);
  });

  it('may be a device, which has no content and no lock', async () => {
    await updateMetricsFile('/dev/null', (content) => `${content.length}`);
    assert.ok(!existsSync('/dev/null.lock'));
  });
});
