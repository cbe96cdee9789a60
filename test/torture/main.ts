// `npm run torture`: kills runs at random moments, cuts their sessions and lets many run at once, some of which it kills, in
// turn on each database that is there.
// Flags: --minutes N (10 in all), --keys N in a store, --database NAME, --seed N to repeat a failure; --parsers to damage
// what kms reads instead, without a database; --soak to let keys come due all the time, once on each database, and see
// that nothing grows.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DATABASES, type TestDatabase } from '../support/databases.js';
import { fuzz } from './fuzz.js';
import { lostServer, manyAtOnce, manyKilled, type Disturbance } from './disturb.js';
import { killRuns, randomNumbers } from './kill.js';
import { soak } from './soak/soak.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    keys: { type: 'string', default: '200' },
    database: { type: 'string' },
    seed: { type: 'string' },
    parsers: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
  },
});

const KILLS_A_ROUND = 12;
const CASES_A_ROUND = 5000;

const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no length of time`);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const random = randomNumbers(seed);
const keys = Number(values.keys);
const endsAt = performance.now() + minutes * 60_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

const done = new Map<string, number>();
if (values.parsers) await damageWhatIsRead();
else if (values.soak) await soakDatabases();
else await disturbRuns();

async function disturbRuns(): Promise<void> {
  const databases = await databasesAtHand();
  say(`seed ${seed}, ${minutes} minutes on ${databases.map(({ name }) => name).join(', ')}`);
  for (let turn = 0; performance.now() < endsAt && process.exitCode === undefined; turn += 1) {
    for (const database of databases) {
      if (performance.now() < endsAt) await torture(database, turn);
    }
  }
  for (const [what, times] of done) say(`${what}: ${times} times, every store whole`);
}

/** The minutes are those of each database. */
async function soakDatabases(): Promise<void> {
  for (const database of await databasesAtHand()) {
    say(`seed ${seed}, ${minutes} minutes on ${database.name}`);
    const wrong = await soak(database, { minutes, random, say });
    for (const line of wrong.slice(0, 20)) say(`${database.name}: ${line}`);
    if (wrong.length === 0)
      say(`${database.name}: whole after every minute, nothing grows, nothing is left`);
    else process.exitCode = 1;
  }
}

async function damageWhatIsRead(): Promise<void> {
  let next = seed;
  while (performance.now() < endsAt) {
    const { wrong, parsers } = await fuzz(next, CASES_A_ROUND);
    if (wrong !== null) {
      say(wrong);
      process.exitCode = 1;
      return;
    }
    next += CASES_A_ROUND;
    say(`${next - seed} cases from seed ${seed} on, each of ${parsers.length} parsers`);
  }
}

/** Does the next of what there is to do to a database. */
async function torture(database: TestDatabase, turn: number): Promise<void> {
  const disturbance: Disturbance = { keys, random };
  const all = [
    ['kills', () => kill(database)],
    ['many at once', () => manyAtOnce(database, disturbance)],
    ['many killed', () => manyKilled(database, disturbance)],
    // A file has no sessions.
    ...(database.kind === 'sqlite'
      ? []
      : [['lost server', () => lostServer(database, disturbance)] as const]),
  ] as const;
  const [what, run] = all[turn % all.length]!;
  const name = `${database.name}, ${what}`;
  try {
    await run();
    done.set(name, (done.get(name) ?? 0) + 1);
  } catch (error) {
    say(`${name}, seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await database.dropAll();
  }
}

async function kill(database: TestDatabase): Promise<void> {
  await killRuns(database, { kills: KILLS_A_ROUND, seed: Math.floor(random() * 2 ** 31), keys });
}

async function databasesAtHand(): Promise<readonly TestDatabase[]> {
  const there: TestDatabase[] = [];
  for (const database of DATABASES) {
    if (values.database !== undefined && database.name !== values.database) continue;
    const missing = await database.missing();
    if (missing === null) there.push(database);
    else say(`left out: ${database.name} needs ${missing}`);
  }
  if (there.length === 0) throw new Error(`no database ${values.database ?? ''}`);
  return there;
}
