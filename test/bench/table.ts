// The lines that the bench prints: what a figure is compared with, the ratio, and whether it meets its goal.

/** One figure of ours beside one to compare it with. */
export interface Comparison {
  readonly title: string;
  /** What it is compared with; null where there is only a goal. */
  readonly other: number | null;
  readonly kms: number;
  readonly unit: string;
  /** How many times better kms is. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
}

export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

/** Compares rates: more is better. */
export function compareRates(
  title: string,
  rates: { readonly other: number; readonly kms: number },
  unit: string,
  least: number | null,
): Comparison {
  const ratio = rates.kms / rates.other;
  return { title, ...rates, unit, ratio, goal: least === null ? null : atLeast(least, ratio) };
}

/** Compares times: less is better. */
export function compareTimes(
  title: string,
  times: { readonly other: number; readonly kms: number },
  unit: string,
  least: number | null,
): Comparison {
  const ratio = times.other / times.kms;
  return { title, ...times, unit, ratio, goal: least === null ? null : atLeast(least, ratio) };
}

export function atMost(most: number, value: number, unit = ''): Goal {
  return { text: `at most ${most}${unit}`, met: value <= most };
}

export function printHeading(): void {
  print(['', 'compared with', 'kms', 'ratio', 'goal', '']);
}

export function printComparison({ title, other, kms, unit, ratio, goal }: Comparison): void {
  print([
    title,
    other === null ? '–' : figure(other, unit),
    figure(kms, unit),
    ratio === null ? '–' : ratio.toFixed(ratio < 10 ? 2 : 0),
    goal?.text ?? '–',
    goal === null ? '' : goal.met ? 'met' : 'missed',
  ]);
}

function atLeast(least: number, ratio: number): Goal {
  return { text: `at least ${least.toFixed(least < 10 ? 2 : 0)}`, met: ratio >= least };
}

function figure(value: number, unit: string): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

type Cells = readonly [string, string, string, string, string, string];

function print([title, other, kms, ratio, goal, verdict]: Cells): void {
  const columns = [title.padEnd(46), other.padStart(16), kms.padStart(16), ratio.padStart(8)];
  process.stdout.write(`${columns.join('')}  ${goal.padEnd(16)}${verdict}`.trimEnd() + '\n');
}
