// How much a run of the tests tries: the quick one stays quick, a run over other databases than SQLite is thorough.
import { need } from './left-out.js';

const thorough = (process.env['KMS_TEST_DATABASES'] ?? '') !== '';

/** How many tries, rows or kills: what finds a fault at once where there is one, or more where time allows. */
export function tries(quick: number, many: number): number {
  return thorough ? many : quick;
}

/** Skips a test that takes seconds for little, unless the run is thorough. */
export function needThoroughRun(context: Mocha.Context): void {
  need(context, 'a thorough run (KMS_TEST_DATABASES)', thorough);
}
