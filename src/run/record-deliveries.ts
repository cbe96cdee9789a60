// Records which destinations refuse messages, after a delivery, and tells the other destinations at once: one that refuses
// cannot be told of itself.
import { errorThrownBy } from '../errors.js';
import type { Resolution, Condition } from '../conditions/condition.js';
import {
  totalDeliveries,
  type DeliveryProblem,
  type DeliverySummary,
} from '../report/delivery-summary.js';
import type { DestinationNames, RunContext } from './context.js';
import { recordFaults, subjectOf, type Fault, type FaultsContext } from './record-faults.js';

/** So long after it was last seen, a destination that this configuration lacks is in no other either. */
const NOT_CONFIGURED_SECONDS = 7 * 86_400;

export type DeliveriesContext = FaultsContext & Pick<RunContext, 'destinations' | 'deliver'>;

/** Returns the deliveries with those of what it tells, and with what kept it from that. */
export async function recordDeliveries(
  context: DeliveriesContext,
  done: DeliverySummary,
): Promise<DeliverySummary> {
  const { destinations, now, deliver } = context;
  const faults = done.problems.flatMap((problem) => faultOf(problem, destinations));
  let messages = 0;
  const error = await errorThrownBy(async () => {
    messages = await recordFaults(context, 'destination-refuses', faults, (condition) =>
      endOf(condition, { destinations, done, now: now() }),
    );
  });
  if (error !== null) {
    const message = `what destinations refuse could not be recorded: ${error.message}`;
    return { ...done, problems: [...done.problems, { destination: null, message }] };
  }
  if (messages === 0) return done;
  const refusing = done.problems.flatMap(({ destination }) => destination ?? []);
  const told = await deliver(refusing);
  const isNew = ({ destination }: DeliveryProblem) => !refusing.includes(destination ?? '');
  return totalDeliveries([done, { ...told, problems: told.problems.filter(isNew) }]);
}

function faultOf(
  { destination, message }: DeliveryProblem,
  { unusable }: DestinationNames,
): readonly Fault[] {
  if (destination === null) return [];
  const isUnusable = unusable.includes(destination);
  return [
    {
      kind: 'destination-refuses',
      subject: subjectOf(destination),
      reason: isUnusable ? 'DestinationUnusable' : 'DeliveryFailed',
      message,
      hint: isUnusable
        ? 'mend its settings: kms config check shows what is wrong with them'
        : 'kms notify list shows what waits; kms notify retry sends it at once',
    },
  ];
}

/** Null while nothing shows that it is over. */
function endOf(
  { subject, reason, lastSeenAt }: Condition,
  {
    destinations: { names, unusable },
    done,
    now,
  }: { destinations: DestinationNames; done: DeliverySummary; now: number },
): Resolution | null {
  const isAmong = (some: readonly string[]) => some.some((name) => subjectOf(name) === subject);
  if (isAmong(done.reached)) return 'delivered';
  const isConfigured = isAmong(names) || isAmong(unusable);
  if (!isConfigured) return now - lastSeenAt >= NOT_CONFIGURED_SECONDS ? 'not-configured' : null;
  return reason === 'DestinationUnusable' ? 'usable' : null;
}
