// Tells which index is being made, and how long it will go on.
import type { Progress } from '../../output/progress.js';
import { INDEX_NAMES } from '../../store/dialects/our-indexes.js';
import type { OnIndex } from '../../store/prepare/build-indexes.js';
import { secondsLeftToMake } from '../../store/prepare/lock-estimate.js';
import { formatDuration } from '../../text/duration.js';

export function tellIndexes(
  progress: Progress,
  nowMs: () => number = () => performance.now(),
): OnIndex {
  let beganMs: number | null = null;
  return ({ missing, made, objects }) => {
    const index = missing[made];
    if (index === undefined) return;
    beganMs ??= nowMs();
    const left = secondsLeftToMake(missing, made, objects, (nowMs() - beganMs) / 1000);
    const which = `index ${made + 1} of ${missing.length}, ${INDEX_NAMES[index]}`;
    progress.detail(`making ${which}, about ${formatDuration(left)} left`);
  };
}
