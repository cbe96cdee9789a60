// Sends what the outbox holds to all destinations within a time limit; send-claimed.ts serves each of them. A
// destination that does not answer delays no other.
import {
  NO_DELIVERIES,
  totalDeliveries,
  type DeliverySummary,
} from '../../report/delivery-summary.js';
import { asKmsError, type KmsError } from '../../errors.js';
import type { Outbox } from '../../store/own/open-outbox.js';
import type { Destination } from '../destination.js';
import { claimer, type ClaimOptions } from './claim.js';
import { afterOutboxFailure, deliveriesOf, NO_PROGRESS } from './delivery-progress.js';
import { mustStop, sendClaimed, type Service, type ServiceRun } from './send-claimed.js';

export interface DeliveryOptions extends ClaimOptions, Omit<ServiceRun, 'endsAtMs'> {
  readonly outbox: Outbox;
  readonly destinations: readonly Destination[];
  /** Destinations that are left out for now, with all that share a channel with one. */
  readonly without?: readonly string[];
  /** The time limit for everything; well below the lease of a claim. */
  readonly budgetMs: number;
}

/** Sends what is due. Failures are part of the result; it never throws. */
export async function deliver(options: DeliveryOptions): Promise<DeliverySummary> {
  if (options.destinations.length === 0) return NO_DELIVERIES;
  const run = { ...options, endsAtMs: options.monotonicMs() + options.budgetMs };
  const channels = new Map<string, Destination[]>();
  for (const destination of options.destinations) {
    const others = channels.get(destination.channel) ?? [];
    channels.set(destination.channel, [...others, destination]);
  }
  const isLeftOut = ({ name }: Destination) => options.without?.includes(name) === true;
  const served = [...channels.values()]
    .filter((destinations) => !destinations.some(isLeftOut))
    .map((destinations) => serveChannel(run, destinations));
  return totalDeliveries((await Promise.all([...served, giveUpUnconfigured(options)])).flat());
}

type DeliveryRun = DeliveryOptions & ServiceRun;

async function serveChannel(
  run: DeliveryRun,
  destinations: readonly Destination[],
): Promise<readonly DeliverySummary[]> {
  const done: DeliverySummary[] = [];
  for (const destination of destinations) {
    const claim = claimer(destination, run);
    const service: Service = { run, destination, claim, progress: NO_PROGRESS };
    const lanes = destination.claimsSingly === true ? destination.concurrency : 1;
    await Promise.all(Array.from({ length: lanes }, () => sendAll(service)));
    done.push(deliveriesOf(destination.name, service.progress));
    if (service.progress.unavailable) break;
  }
  return done;
}

/** Claims and sends until nothing is left or the destination must stop. */
async function sendAll(service: Service): Promise<void> {
  try {
    let someLeft = true;
    while (someLeft && !(await mustStop(service))) someLeft = await sendClaimed(service);
  } catch (error) {
    const { message } = foreseen(error, service.run);
    service.progress = afterOutboxFailure(service.progress, message);
  }
}

/** Gives up old notifications for destinations that the configuration no longer names, or that cannot be used. */
async function giveUpUnconfigured(options: DeliveryOptions): Promise<readonly DeliverySummary[]> {
  const now = options.now();
  const error = 'its destination is no longer configured, or cannot be used';
  try {
    const givenUp = await options.outbox.giveUpOthers(
      options.destinations.map(({ name }) => name),
      { before: now - options.giveUpAfterSeconds, now, error },
    );
    if (givenUp === 0) return [];
    const message = `${givenUp} given up: ${error}`;
    return [{ ...NO_DELIVERIES, givenUp, problems: [{ destination: null, message }] }];
  } catch (failure) {
    const { message } = foreseen(failure, options);
    return [{ ...NO_DELIVERIES, problems: [{ destination: null, message }] }];
  }
}

/** Returns the error as one of ours, and passes it on if nobody foresaw it. */
function foreseen(thrown: unknown, { onUnexpected }: Pick<ServiceRun, 'onUnexpected'>): KmsError {
  const error = asKmsError(thrown);
  if (error.reason === 'Internal') onUnexpected(error);
  return error;
}
