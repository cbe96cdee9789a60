// `npm run bench`: what kms costs beside the least that could do the same, in one run, on SQLite in a
// temporary folder, with the goals. --keys N: keys re-keyed a round; --rounds N: rounds, and a third of
// the starts.
import { parseArgs } from 'node:util';
import { measureReKey } from './re-key.js';
import { measureStartUp } from './start-up.js';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
  },
});
const keys = count('--keys', values.keys);
const rounds = count('--rounds', values.rounds);

const reKey = await measureReKey(keys, rounds);
const startUp = await measureStartUp(rounds * 3);

line(['', 'bare', 'kms', 'ratio', 'goal', '']);
line(rate('re-key, one a transaction', reKey.oneByOne, 1 / 3));
line(rate('re-key, 64 a transaction', reKey.batches, null));
line(
  compared('start of due list', startUp.hello, startUp.dueList, 'ms', (ratio) => ({
    text: 'at most 1.60',
    met: ratio <= 1.6,
  })),
);
process.stdout.write(
  `\nbare: better-sqlite3 with one key a transaction; an oclif command that says hello.
Medians of ${rounds} rounds of ${keys} keys, and of ${rounds * 3} starts, taken in turn.\n`,
);

type Cells = readonly [string, string, string, string, string, string];

function rate(title: string, kms: number, least: number | null): Cells {
  return compared(title, reKey.bare, kms, 'keys/s', (ratio) =>
    least === null ? null : { text: `at least ${least.toFixed(2)}`, met: ratio >= least },
  );
}

function compared(
  title: string,
  bare: number,
  kms: number,
  unit: string,
  judge: (ratio: number) => { text: string; met: boolean } | null,
): Cells {
  const ratio = kms / bare;
  const goal = judge(ratio);
  const verdict = goal?.met === false ? 'missed' : 'met';
  const figure = (value: number) => `${value.toFixed(0)} ${unit}`;
  return [
    title,
    figure(bare),
    figure(kms),
    ratio.toFixed(2),
    goal?.text ?? '–',
    goal === null ? '' : verdict,
  ];
}

function line([title, bare, kms, ratio, goal, verdict]: Cells): void {
  process.stdout.write(
    `${title.padEnd(26)}${bare.padStart(14)}${kms.padStart(14)}${ratio.padStart(8)}  ${goal.padEnd(15)}${verdict}`.trimEnd() +
      '\n',
  );
}

function count(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RangeError(`${flag} takes a number of 1 or more`);
}
