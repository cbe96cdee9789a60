// Judges a soak by the figures of its minutes: what grows, and what is left of runs that have ended.

export interface MinuteFigures {
  readonly minute: number;
  readonly rotated: number;
  /** Of the runs of this minute, at their height: the middle one. */
  readonly runMegabytes: number;
  readonly runHandles: number;
  /** What the soak itself holds, with no run and no session there. */
  readonly soakMegabytes: number;
  readonly soakHandles: number;
  /** What is there although every run has ended. */
  readonly sessions: number;
  readonly processes: number;
  readonly files: number;
}

/** What a straight line through the figures of half the soak may rise, whichever is more. */
const MOST_GROWTH_MEGABYTES = 8;
const MOST_GROWTH_RATIO = 0.05;

/** The soak itself remembers each key that was rotated, and what its material is. */
const MEGABYTES_A_ROTATION = 2 / 1024;

const LEFT_OVER = ['sessions', 'processes', 'files'] as const;
const GROWING = ['runMegabytes', 'soakMegabytes'] as const;
const HANDLES = ['runHandles', 'soakHandles'] as const;

/** Returns what is left over after a minute. */
export function judgeMinute(figures: MinuteFigures): readonly string[] {
  return LEFT_OVER.filter((what) => figures[what] > 0).map(
    (what) => `minute ${figures.minute}: ${figures[what]} ${what} are left`,
  );
}

/** Returns what grew over the last half of the minutes, nothing if all is flat. */
export function judgeSoak(minutes: readonly MinuteFigures[]): readonly string[] {
  const half = lastHalf(minutes);
  const memory = GROWING.flatMap((what) => {
    const values = half.map((minute) => minute[what]);
    const growth = growthOf(values);
    const most = Math.max(MOST_GROWTH_MEGABYTES, MOST_GROWTH_RATIO * mean(values));
    const remembered = what === 'soakMegabytes' ? MEGABYTES_A_ROTATION * rotatedIn(half) : 0;
    if (growth <= most + remembered) return [];
    return [`${what} grow by ${growth.toFixed(1)} in ${half.length} minutes`];
  });
  const handles = HANDLES.flatMap((what) => {
    const growth = growthOf(half.map((minute) => minute[what]));
    return growth < 1 ? [] : [`${what} grow by ${growth.toFixed(1)} in ${half.length} minutes`];
  });
  return [...minutes.flatMap(judgeMinute), ...memory, ...handles];
}

function rotatedIn(minutes: readonly MinuteFigures[]): number {
  return minutes.reduce((sum, { rotated }) => sum + rotated, 0);
}

export function lastHalf<T>(minutes: readonly T[]): readonly T[] {
  return minutes.slice(Math.floor(minutes.length / 2));
}

/** How much a straight line through the values rises from the first to the last (least squares). */
export function growthOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const [middle, average] = [(values.length - 1) / 2, mean(values)];
  let [products, squares] = [0, 0];
  for (const [index, value] of values.entries()) {
    products += (index - middle) * (value - average);
    squares += (index - middle) ** 2;
  }
  return (products / squares) * (values.length - 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
