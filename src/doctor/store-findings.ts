// Findings about the store itself: what kms init made and is not there.
import type { DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';

export function storeFindings({ store }: Pick<DoctorContext, 'store'>): readonly Finding[] {
  const { missingIndexes } = store;
  if (missingIndexes.length === 0) return [];
  return [
    toldFinding({
      code: 'store',
      severity: 'note',
      uids: [],
      message: `indexes are missing: ${missingIndexes.join(', ')}`,
      repair: 'nothing: run kms init, which adds them',
      why: 'everything works without them, but reads every row',
    }),
  ];
}
