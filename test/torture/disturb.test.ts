// Each disturbance of the torture, once: that the tool works. What a run does in them is tested on every database by
// test/scenarios; `npm run torture -- --minutes N` goes on for as long as it is told.
import { onServer, sqlite } from '../support/databases.js';
import { needThoroughRun } from '../support/effort.js';
import { describeOn, need } from '../support/left-out.js';
import { SERVER_KINDS, type ServerKind } from '../support/server-kinds.js';
import { lostServer, manyAtOnce } from './disturb.js';
import { randomNumbers } from './kill.js';

const DISTURBANCE = { keys: 40, random: randomNumbers(1) };

describe('runs that are disturbed', () => {
  it('leave every key whole where many go on at once', async function () {
    needThoroughRun(this);
    this.timeout(120_000);
    await manyAtOnce(sqlite, DISTURBANCE);
  });
});

describeOn('postgresql', 'runs that are disturbed', () => {
  const database = onServer((SERVER_KINDS as readonly [ServerKind])[0]);
  after(() => database.dropAll());

  it('leave every key whole where the server cuts their sessions', async function () {
    this.timeout(120_000);
    const missing = await database.missing();
    need(this, missing ?? '', missing === null);
    await lostServer(database, DISTURBANCE);
  });
});
