// One run of doctor, top to bottom: examine the store, repair what is safe, and look again until nothing more can be
// repaired. A first signal ends it between two repairs.
import { asKmsError, exitCodeOf, mostSerious, type ExitCode, type KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { DoctorContext } from './doctor-context.js';
import { examine } from './examine.js';
import { repairFinding, type FindingResult } from './repair.js';

export interface DoctorReport {
  readonly now: EpochSeconds;
  readonly dryRun: boolean;
  /** What was repaired, and what the last look found. */
  readonly results: readonly FindingResult[];
  /** What kept doctor from going on. */
  readonly error: KmsError | null;
}

/** A repair may bring another finding to light, as of a replacement of a replacement; each look repairs something. */
const MAX_LOOKS = 40;

/** @throws KmsError only before anything was done. */
export async function runDoctor(context: DoctorContext): Promise<DoctorReport> {
  const now = context.now();
  const repaired: FindingResult[] = [];
  const report = (results: readonly FindingResult[], error: KmsError | null): DoctorReport => {
    return { now, dryRun: context.dryRun, results: [...repaired, ...results], error };
  };
  try {
    for (let looks = 1; ; looks += 1) {
      const before = repaired.length;
      const results = await lookOnce(context, (result) => repaired.push(result));
      const isDone = repaired.length === before || looks === MAX_LOOKS;
      if (isDone || (await context.stopRequested())) return report(results, null);
    }
  } catch (error) {
    if (repaired.length === 0) throw error;
    return report([], asKmsError(error));
  }
}

/** Returns what was not repaired; what was is passed on at once, as a later finding may end the run. */
async function lookOnce(
  context: DoctorContext,
  onRepaired: (result: FindingResult) => void,
): Promise<readonly FindingResult[]> {
  const results: FindingResult[] = [];
  for (const finding of await examine(context)) {
    const isOver = !context.dryRun && (await context.stopRequested());
    const result: FindingResult = isOver
      ? { finding, outcome: 'told', error: null }
      : await repairFinding(context, finding);
    if (result.outcome === 'repaired') onRepaired(result);
    else results.push(result);
  }
  return results.filter(({ outcome }) => outcome !== 'gone');
}

/** Returns 0 if no error was found, or none is left; 4 if one is. */
export function exitCodeOfDoctor({ results, error }: DoctorReport): ExitCode {
  return mostSerious([error === null ? 0 : exitCodeOf(error), results.some(isLeft) ? 4 : 0]);
}

/** Says whether an error was found that is still there. */
export function isLeft({ finding, outcome }: FindingResult): boolean {
  return finding.severity === 'error' && outcome !== 'repaired';
}
