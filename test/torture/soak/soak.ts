// A soak: keys come due all the time, four runs at once rotate them, a stand-in server writes beside, and runs are
// killed, cut off, or find the disk full. After each minute all is checked, and measured: nothing may grow.
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median } from '../../bench/median.js';
import type { TestDatabase } from '../../support/databases.js';
import { until } from '../../support/poll.js';
import { soakCheck, faultsOfRun } from './check.js';
import { disturb } from './disturb.js';
import { judgeMinute, judgeSoak, lastHalf, growthOf, type MinuteFigures } from './judge.js';
import { makePlace, sessionsOf, type SoakPlace } from './place.js';
import { populate, SHORTEST_INTERVAL_SECONDS } from './population.js';
import { ROTATE, soakRuns, type EndedRun, type Runs } from './runs.js';
import { standIn } from './stand-in.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly random: () => number;
  readonly say: (line: string) => void;
}

const MINUTE_MS = 60_000;
/** How long a server may take to notice that whoever had a session is gone. */
const SESSIONS_END_MS = 60_000;

/** Returns what is wrong, at the first minute after which anything is; says a line a minute. */
export async function soak(
  database: TestDatabase,
  options: SoakOptions,
): Promise<readonly string[]> {
  const place = await makePlace(database);
  // A server that ends keeps no process from leaving before it.
  const awake = setInterval(() => undefined, MINUTE_MS);
  try {
    return await soakPlace(database.name, place, options);
  } finally {
    await place.close();
    clearInterval(awake);
  }
}

async function soakPlace(
  name: string,
  place: SoakPlace,
  { minutes, random, say }: SoakOptions,
): Promise<readonly string[]> {
  const { url } = place;
  await populate(url, random);
  const server = standIn(url, random);
  const runs = soakRuns(url, random);
  const check = soakCheck(url, server);
  await check.begin();
  const figures: MinuteFigures[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const began = performance.now();
    const end = began + MINUTE_MS;
    const stopped = () => performance.now() >= end;
    const spared = () => [server.session() ?? 0];
    const [ended, , disturbed] = await Promise.all([
      runs.goOn(stopped),
      server.work(stopped),
      disturb(place, runs, spared, random, stopped),
    ]);
    const last = await runs.once(ROTATE);
    const counts = new Map([...server.counts()]);
    const all = [...ended, last];
    const { faults, rotated } = await check.after(all);
    const measured = await measure({ minute, rotated }, url, ended, runs);
    figures.push(measured);
    const seconds = (performance.now() - began) / 1000;
    if (seconds > SHORTEST_INTERVAL_SECONDS)
      throw new Error(`${seconds} seconds: too slow a machine`);
    const listed = (of: ReadonlyMap<string, number>) =>
      [...of].map(([what, times]) => `${times} ${what}`).join(', ');
    say(
      `${new Date().toISOString()} ${name} ${minute}: ${rotated} rotated by ${all.length} runs (${listed(disturbed)}; ${exits(all)}); ` +
        `server: ${listed(counts)}; ${shown(measured)}`,
    );
    const wrong = [
      ...(last.code === 0 ? [] : faultsOfLast(last)),
      ...faults,
      ...judgeMinute(measured),
    ];
    if (wrong.length > 0) return wrong;
  }
  const half = lastHalf(figures);
  const growth = (what: 'runMegabytes' | 'soakMegabytes') =>
    growthOf(half.map((one) => one[what])).toFixed(1);
  say(
    `${name}: over the last ${half.length} minutes runs grew by ${growth('runMegabytes')} MB, ` +
      `the soak by ${growth('soakMegabytes')} MB`,
  );
  return judgeSoak(figures);
}

/** With nobody beside it, it has to come through. */
function faultsOfLast(run: EndedRun): readonly string[] {
  return [`the run after the others ended with ${String(run.code)}`, ...faultsOfRun(run)];
}

async function measure(
  of: Pick<MinuteFigures, 'minute' | 'rotated'>,
  url: string,
  ended: readonly EndedRun[],
  runs: Runs,
): Promise<MinuteFigures> {
  const areGone = await until(
    'no session is left',
    async () => (await sessionsOf(url)) === 0,
    SESSIONS_END_MS,
    100,
  ).then(
    () => true,
    () => false,
  );
  const whole = ended.filter(({ signal }) => signal === null);
  return {
    ...of,
    runMegabytes: median(whole.map(({ megabytes }) => megabytes)),
    runHandles: median(whole.map(({ handles }) => handles)),
    soakMegabytes: megabytesHeld(),
    soakHandles: readdirSync('/proc/self/fd').length,
    // Whoever asks again may see the session that asked before.
    sessions: areGone ? 0 : await sessionsOf(url),
    processes: runs.alive(),
    files: runs.files(),
  };
}

/** After a collection of garbage: what this process has of the system follows no rule. */
function megabytesHeld(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

function exits(runs: readonly EndedRun[]): string {
  const codes = new Map<string, number>();
  for (const { code, signal } of runs) {
    const how = String(code ?? signal);
    codes.set(how, (codes.get(how) ?? 0) + 1);
  }
  return `exits ${[...codes]
    .sort()
    .map(([how, times]) => `${how}: ${times}`)
    .join(', ')}`;
}

function shown(figures: MinuteFigures): string {
  const { runMegabytes, runHandles, soakMegabytes, soakHandles, sessions, files } = figures;
  return (
    `runs ${runMegabytes.toFixed(0)} MB, ${runHandles} handles; ` +
    `soak ${soakMegabytes.toFixed(0)} MB, ${soakHandles} handles; left: ${sessions} sessions, ${files} files`
  );
}
