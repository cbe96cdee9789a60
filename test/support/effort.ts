// How much a run of the tests tries: the quick one stays quick, a run over other databases than SQLite is thorough.
import { need } from './left-out.js';

const thorough = (process.env['KMS_TEST_DATABASES'] ?? '') !== '';

/** Whether a run by hand wants as much as there can be. */
export const isFull = process.env['KMS_TEST_EFFORT'] === 'full';

/**
 * How many tries, rows or kills: what finds a fault at once where there is one, or more where time allows. With
 * KMS_TEST_EFFORT=full, which is for runs by hand, there are as many as there can be.
 */
export function tries(quick: number, many: number, all = many): number {
  if (isFull) return all;
  return thorough ? many : quick;
}

/** Skips a test that takes seconds for little, unless the run is thorough. */
export function needThoroughRun(context: Mocha.Context): void {
  need(context, 'a thorough run (KMS_TEST_DATABASES)', thorough);
}
