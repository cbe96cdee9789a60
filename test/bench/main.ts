// `npm run bench`: what kms costs beside the least that could do the same, each pair in one run, with the goals.
// --help tells which figures there are and how large they may be asked for.
import { parseArgs } from 'node:util';
import { DATABASES, type TestDatabase } from '../support/databases.js';
import { newStorePath } from '../support/store.js';
import { measureRewrapping } from './dependants.js';
import { measureFindDue } from './find-due.js';
import { measureLarge } from './large.js';
import { measureMemory } from './memory.js';
import { usageOf } from './process-usage.js';
import { measureReKey } from './re-key.js';
import { writeRecord } from './record.js';
import { measureRsaPairs } from './rsa-pairs.js';
import { fillLog } from './sealed-log.js';
import { measureShared, type SharedRate } from './shards.js';
import { measureStartUp } from './start-up.js';
import { measureThroughServer } from './through-server.js';
import { measureVersions } from './versions.js';
import {
  atMost,
  compareRates,
  compareTimes,
  printComparison,
  printHeading,
  type Comparison,
} from './table.js';

const HELP = `npm run bench -- [--only FIGURE]... [--database NAME]... [--SIZE N]

  FIGURE     start-up   kms due list, beside an oclif command that says hello
             re-key     plain Re-Key, beside the same statements by the bare driver, a key a transaction
             rsa-pairs  RSA pairs of 2048 bits through a run, beside making such pairs alone on all cores
             find-due   what is due among many armed keys, beside fetching and decoding all of them
             dependants a wrapping key's rotation, beside unwrap, wrap and UPDATE by the bare driver
             server     keys rotated by asking a server, beside the same requests alone
             memory     a run over very many due keys, at its height
             verify     kms audit verify of a long log: its time, and its memory at the height
             versions   CPU time of rotating plain keys, beside that of the version in --beside
             large      commands on a store of --size objects, beside one of 100,000, as many keys due
             shards     several runs at once behind a network, beside as many times one; PostgreSQL
  NAME       ${DATABASES.map(({ name }) => name).join(', ')}
  --rounds N (5)          --keys N of re-key (500)      --rows N,N of find-due (100000,1000000)
  --dependants N (100000) --due N of memory (100000)      --pairs N of rsa-pairs (200)
  --runs N,N of shards (1,2,4,8)  --keys-a-run N (3000)    --delay MS each way (10)  --concurrency N (1)
  --log N of verify (1000000)  --beside FOLDER of versions: a clone of another version, built
  --size N of large, such as 10m, which needs 50 GB and an hour or more; alone it means --only large
  --json FILE  writes the figures there too
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    database: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    keys: { type: 'string', default: '500' },
    rows: { type: 'string', default: '100000,1000000' },
    dependants: { type: 'string', default: '100000' },
    due: { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '200' },
    log: { type: 'string', default: '1000000' },
    beside: { type: 'string' },
    json: { type: 'string' },
    size: { type: 'string' },
    runs: { type: 'string', default: '1,2,4,8' },
    'keys-a-run': { type: 'string', default: '3000' },
    delay: { type: 'string', default: '10' },
    concurrency: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const rounds = count('--rounds', values.rounds);
const [sqlite] = DATABASES;

/** Goals of plain Re-Key beside the bare driver with one key a transaction. */
const LEAST_RE_KEY = { sqlite: 2.5, postgresql: 1.5, mariadb: 1.5, mysql: 1.5 };
/** Of the same requests alone. */
const LEAST_THROUGH_SERVER = 0.8;
/** Of raw generation. */
const LEAST_RSA_PAIRS = 0.95;
/** Of a key a transaction, on a file, where nothing waits for a network. */
const LEAST_ONE_BY_ONE = { sqlite: 1 / 3, postgresql: null, mariadb: null, mysql: null };
/** Goals of finding what is due at the largest size. */
const LEAST_FIND_DUE = { sqlite: 1000, postgresql: 200, mariadb: 200, mysql: 200 };
const MOST_GROWTH = 1.5;
const MOST_MEGABYTES = 200;
const MOST_VERIFY_SECONDS = 60;
const MOST_LARGE_MEGABYTES = 250;
/** Commands that find what they need by an index. */
const FLAT = ['due list', 'warnings', 'status', 'rotate due'];
/** Of as many times what one run does. */
const LEAST_SHARDED = 0.8;
const LEAST_UNCOORDINATED = 0.6;
/** Of the CPU time of another version, by the better end of the interval. */
const MOST_OF_VERSION = 1.03;

const FIGURES: Readonly<Record<string, (database: TestDatabase) => AsyncIterable<Comparison>>> = {
  'start-up': startUp,
  're-key': reKey,
  'rsa-pairs': rsaPairs,
  'find-due': findDue,
  dependants,
  server,
  memory,
  verify,
  versions,
  large,
  shards,
};

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const measured: Comparison[] = [];
  printHeading();
  const only = values.only ?? (values.size === undefined ? undefined : ['large']);
  for (const figure of chosen('--only', only, Object.keys(FIGURES))) {
    for (const name of chosen('--database', values.database, names())) {
      const database = DATABASES.find((one) => one.name === name);
      const compare = FIGURES[figure];
      if (database === undefined || compare === undefined) continue;
      const missing = await database.missing();
      if (missing !== null) {
        process.stdout.write(`${name}: ${missing}\n`);
        continue;
      }
      for await (const comparison of compare(database)) {
        printComparison(comparison);
        measured.push(comparison);
      }
      await database.dropAll();
    }
  }
  if (values.json !== undefined) writeRecord(values.json, process.argv.slice(2), measured);
}

async function* startUp(database: TestDatabase): AsyncGenerator<Comparison> {
  if (database !== sqlite) return;
  const { hello, dueList } = await measureStartUp(rounds * 3);
  const ratio = dueList / hello;
  const goal = atMost(1, ratio);
  const title = 'start of kms due list, beside hello';
  yield { title, other: hello, kms: dueList, unit: 'ms', ratio, goal };
}

async function* reKey(database: TestDatabase): AsyncGenerator<Comparison> {
  const keys = count('--keys', values.keys);
  const { bare, oneByOne, batches } = await measureReKey(database, keys, rounds);
  const least = LEAST_RE_KEY[database.name];
  const one = { other: bare, kms: oneByOne };
  const title = `re-key, ${database.name}`;
  yield compareRates(`${title}, one a transaction`, one, 'keys/s', LEAST_ONE_BY_ONE[database.name]);
  const many = { other: bare, kms: batches };
  yield compareRates(`${title}, 64 a transaction`, many, 'keys/s', least);
}

async function* rsaPairs(database: TestDatabase): AsyncGenerator<Comparison> {
  const pairs = count('--pairs', values.pairs);
  const { raw, kms } = await measureRsaPairs(database, pairs, rounds);
  const title = `${pairs} RSA pairs, ${database.name}`;
  yield compareRates(title, { other: raw, kms }, 'pairs/s', LEAST_RSA_PAIRS);
}

async function* findDue(database: TestDatabase): AsyncGenerator<Comparison> {
  const sizes = values.rows.split(',').map((size) => count('--rows', size));
  const measured = await measureFindDue(database, sizes, rounds);
  for (const { rows, kms, serversWay } of measured) {
    const least = rows >= 1_000_000 ? LEAST_FIND_DUE[database.name] : null;
    const title = `1,000 due of ${rows.toLocaleString('en')}, ${database.name}`;
    yield compareTimes(title, { other: serversWay, kms }, 'ms', least);
  }
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  const growth = last.kms / first.kms;
  const title = `  growth of ours, ${database.name}`;
  const goal = atMost(MOST_GROWTH, growth);
  yield { title, other: first.kms, kms: last.kms, unit: 'ms', ratio: growth, goal };
}

async function* dependants(database: TestDatabase): AsyncGenerator<Comparison> {
  const number = count('--dependants', values.dependants);
  const { bare, kms, grownBy } = await measureRewrapping(database, number);
  const title = `${number.toLocaleString('en')} dependants, ${database.name}`;
  yield compareRates(title, { other: bare, kms }, 'a second', 0.75);
  const memory = { other: null, kms: grownBy, unit: 'MB', ratio: null };
  yield { title: '  memory grown by', ...memory, goal: atMost(MOST_MEGABYTES, grownBy) };
}

async function* server(database: TestDatabase): AsyncGenerator<Comparison> {
  if (database !== sqlite) return;
  const keys = count('--keys', values.keys);
  const { bare, kms } = await measureThroughServer(keys, rounds);
  const title = `${keys} keys through a server, ${database.name}`;
  yield compareRates(title, { other: bare, kms }, 'keys/s', LEAST_THROUGH_SERVER);
}

async function* memory(database: TestDatabase): AsyncGenerator<Comparison> {
  const number = count('--due', values.due);
  for (const json of [false, true]) {
    const { megabytes } = await measureMemory(database, number, json);
    const title = `run of ${number.toLocaleString('en')} due${json ? ', --json' : ''}, ${database.name}`;
    const figures = { other: null, kms: megabytes, unit: 'MB', ratio: null };
    yield { title, ...figures, goal: atMost(MOST_MEGABYTES, megabytes) };
  }
}

async function* verify(database: TestDatabase): AsyncGenerator<Comparison> {
  if (database !== sqlite) return;
  const rows = count('--log', values.log);
  const url = await newStorePath(database);
  fillLog(url, rows);
  const { seconds, megabytes } = usageOf(url, ['audit', 'verify']);
  const title = `verify ${rows.toLocaleString('en')} rows, ${database.name}`;
  const alone = { other: null, ratio: null };
  yield { title, ...alone, kms: seconds, unit: 's', goal: atMost(MOST_VERIFY_SECONDS, seconds) };
  const goal = atMost(MOST_MEGABYTES, megabytes);
  yield { title: '  memory', ...alone, kms: megabytes, unit: 'MB', goal };
}

async function* versions(database: TestDatabase): AsyncGenerator<Comparison> {
  const { beside } = values;
  if (beside === undefined) return;
  const size = { keys: count('--keys', values.keys), pairs: rounds };
  const { other, kms, cpu, elapsed } = await measureVersions(database, beside, size);
  const told = ({ ratio, low, high }: typeof cpu) =>
    `${ratio.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  const title = `CPU ${told(cpu)}, elapsed ${told(elapsed)}, ${database.name}`;
  const goal = atMost(MOST_OF_VERSION, cpu.low);
  yield { title, other, kms, unit: 's', ratio: 1 / cpu.ratio, goal };
}

async function* large(database: TestDatabase): AsyncGenerator<Comparison> {
  const { size } = values;
  if (size === undefined) return;
  const objects = count('--size', size.replace(/m$/i, '000000').replace(/k$/i, '000'));
  for await (const { command, small, large: other } of measureLarge(database, objects)) {
    const ratio = other.seconds / small.seconds;
    const isFlat = FLAT.some((name) => command.startsWith(name));
    const [title, goal] = [`${command}, ${size}`, isFlat ? atMost(MOST_GROWTH, ratio) : null];
    yield { title, other: small.seconds, kms: other.seconds, unit: 's', ratio, goal };
    const megabytes = { other: small.megabytes, kms: other.megabytes, unit: 'MB', ratio: null };
    yield { title: '  memory', ...megabytes, goal: atMost(MOST_LARGE_MEGABYTES, other.megabytes) };
    const [one, worst] = [small.worstWriteMs, other.worstWriteMs];
    if (one === null || worst === null) continue;
    const waited = { other: one, kms: worst, unit: 'ms', ratio: null, goal: null };
    yield { title: '  longest write of another process meanwhile', ...waited };
  }
}

async function* shards(database: TestDatabase): AsyncGenerator<Comparison> {
  if (database.name !== 'postgresql') return;
  const size = {
    keysPerRun: count('--keys-a-run', values['keys-a-run']),
    delayMs: count('--delay', values.delay),
    concurrency: count('--concurrency', values.concurrency),
  };
  const sizes = values.runs.split(',').map((runs) => count('--runs', runs));
  for (const sharded of [true, false]) {
    const least = sharded ? LEAST_SHARDED : LEAST_UNCOORDINATED;
    let one: SharedRate | null = null;
    for (const runs of sizes) {
      const measured = await measureShared(database, { ...size, runs, sharded });
      one ??= measured;
      const other = (one.keysPerSecond / one.runs) * runs;
      const title =
        `${runs} ${sharded ? 'shards' : 'runs'}, ${measured.cpuMillisecondsPerKey.toFixed(2)} ms CPU a key, ` +
        `machine ${(100 * measured.machineBusy).toFixed(0)} % busy`;
      yield compareRates(title, { other, kms: measured.keysPerSecond }, 'keys/s', least);
      await database.dropAll();
    }
  }
}

function names(): readonly string[] {
  return DATABASES.map(({ name }) => name);
}

function chosen(
  flag: string,
  wanted: readonly string[] | undefined,
  all: readonly string[],
): readonly string[] {
  const unknown = wanted?.find((one) => !all.includes(one));
  if (unknown === undefined) return wanted ?? all;
  throw new RangeError(`${flag} takes ${all.join(', ')}, not ${unknown}`);
}

function count(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RangeError(`${flag} takes a number of 1 or more`);
}
