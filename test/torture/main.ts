// `npm run torture`: kills runs at random moments, many times, on each database or on one.
// Flags: --kills N (200 in all), --keys N in a store, --database NAME, --seed N to repeat a failure.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DATABASES, type TestDatabase } from '../support/databases.js';
import { killRuns, type Kill } from './kill.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    keys: { type: 'string', default: '500' },
    database: { type: 'string' },
    seed: { type: 'string' },
  },
});

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const say = (line: string) => process.stdout.write(`${line}\n`);

const databases = await databasesAtHand();
const share = Math.ceil(Number(values.kills) / databases.length);
say(`seed ${seed}, ${share} kills on each of ${databases.map(({ name }) => name).join(', ')}`);
for (const database of databases) await torture(database);

async function torture(database: TestDatabase): Promise<void> {
  try {
    const kills = await killRuns(database, {
      ...{ kills: share, seed, keys: Number(values.keys) },
      onKill: ({ number, afterMs, rotated, due }) => {
        if (process.stdout.isTTY)
          say(`${database.name} ${number}: after ${afterMs.toFixed()} ms, ${rotated} of ${due}`);
      },
    });
    say(`${database.name}: ${kills.length} kills, ${spread(kills)}; every store whole`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    await database.dropAll();
  }
}

function spread(kills: readonly Kill[]): string {
  const count = (which: (kill: Kill) => boolean) => kills.filter(which).length;
  return [
    `${count(({ rotated }) => rotated === 0)} before anything was committed`,
    `${count(({ rotated, due }) => rotated > 0 && rotated < due)} in between`,
    `${count(({ rotated, due }) => rotated === due)} after all was`,
  ].join(', ');
}

async function databasesAtHand(): Promise<readonly TestDatabase[]> {
  const there: TestDatabase[] = [];
  for (const database of DATABASES) {
    if (values.database !== undefined && database.name !== values.database) continue;
    const missing = await database.missing();
    if (missing === null) there.push(database);
    else say(`skipped: ${missing}`);
  }
  if (there.length === 0) throw new Error(`no database ${values.database ?? ''}`);
  return there;
}
