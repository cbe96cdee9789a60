// A candidate with the evaluation of it by all that is known: its policy, what cannot be rotated, and when a certificate
// ends.
import { unsupportedReason } from '../flows/unsupported-reason.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { evaluate, type Evaluation, type EvaluationOptions } from '../rotation/eligibility.js';
import { certificateDatesOf } from './certificate-validity.js';

export interface EvaluatedCandidate {
  readonly candidate: RotationCandidate;
  readonly evaluation: Evaluation;
}

export function evaluated(
  candidate: RotationCandidate,
  options: EvaluationOptions,
): EvaluatedCandidate {
  const dates = certificateDatesOf(candidate);
  const evaluation = evaluate(candidate, options, unsupportedReason(candidate), dates);
  return { candidate, evaluation };
}
