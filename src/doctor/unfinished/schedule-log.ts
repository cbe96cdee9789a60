// The row of our log about the schedule that a settlement passes on. A server that has the heir in its cache may write it
// back without one, and then lost-schedule knows what it had.
import { armedBefore } from '../../flows/settlement/inheriting-row.js';
import type { Settlement } from '../../flows/settlement/settlement-changes.js';
import { policyMessage } from '../../rotation/policy-text.js';
import type { OwnRow } from '../../store/own/our-tables.js';
import { doctorLogRow, type DoctorContext } from '../doctor-context.js';

export function scheduleLog(
  context: DoctorContext,
  { live, heirOf }: Pick<Settlement, 'live' | 'heirOf'>,
): readonly OwnRow[] {
  if (live === null) return [];
  const replaced = heirOf.map(({ key }) => key);
  const armed = armedBefore(live.key, replaced);
  if (armed === null) return [];
  const { rotateInterval: intervalSeconds, rotateOffset: offsetSeconds } = armed.attributes;
  const message = policyMessage({ intervalSeconds, offsetSeconds, automatic: null, keyset: null });
  return [doctorLogRow(context, { uid: live.key.uniqueIdentifier, outcome: 'repaired', message })];
}
