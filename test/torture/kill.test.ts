// A short torture: some runs killed at random moments; `npm run torture` kills hundreds.
import { randomInt } from 'node:crypto';
import assert from 'node:assert/strict';
import { describeEachDatabase } from '../support/databases.js';
import { needThoroughRun } from '../support/effort.js';
import { killRuns } from './kill.js';

describeEachDatabase('runs killed at random moments', (database) => {
  const kills = 3;

  it(`leave every key untouched or wholly rotated, ${kills} times`, async function () {
    needThoroughRun(this);
    this.timeout(180_000);
    const done = await killRuns(database, { kills, seed: randomInt(2 ** 31), keys: 80 });
    assert.equal(done.length, kills);
  });
});
