// A short torture besides kills; `npm run torture -- --minutes N` goes on for as long as it is told.
import { describeEachDatabase } from '../support/databases.js';
import { lostServer, manyAtOnce } from './disturb.js';
import { randomNumbers } from './kill.js';

describeEachDatabase('runs that are disturbed', (database) => {
  const disturbance = { keys: 40, random: randomNumbers(1) };

  it('leave every key whole where many go on at once', async function () {
    this.timeout(120_000);
    await manyAtOnce(database, disturbance);
  });

  if (database.kind === 'sqlite') return;

  it('leave every key whole where the server cuts their sessions', async function () {
    this.timeout(120_000);
    await lostServer(database, disturbance);
  });
});
