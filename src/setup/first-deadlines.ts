// Which rows have another first deadline by the one rule than by the other (`rotation.first_deadline`): keys that were
// never rotated and have a Rotate Offset. It looks at the policy alone.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import { FIRST_DEADLINE_RULES } from '../rotation/deadline.js';
import { evaluateSchedule } from '../rotation/eligibility.js';

export function isByRule(row: Pick<ObjectRow, 'id' | 'attributes'>, now: EpochSeconds): boolean {
  const [one, other] = FIRST_DEADLINE_RULES.map(
    (firstDeadline) => evaluateSchedule(row, { now, withinSeconds: 0, firstDeadline }).deadline,
  );
  return one?.at !== other?.at;
}
