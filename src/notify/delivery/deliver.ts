// Sends what the outbox holds: claims, sends, settles, within a bound of time. A destination that does not answer
// delays no other, and is left alone for the rest of the run.
import { NO_DELIVERIES, sumOf, type Deliveries } from '../../report/deliveries.js';
import { asKmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Outbox } from '../../store/own/open-outbox.js';
import type { Notification } from '../../store/own/outbox-rows.js';
import type { ClaimedMessage } from '../../store/own/outbox.js';
import { attemptWithin, messageOf } from './send-within.js';
import type { Attempt, Destination } from '../destination.js';
import { pauseAfter } from './settlement.js';

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly destinations: readonly Destination[];
  readonly runId: string;
  readonly now: () => EpochSeconds;
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  readonly stopRequested: () => Promise<boolean>;
  /** How old a notification may become before a vain attempt is its last. */
  readonly giveUpAfterSeconds: number;
  /** How long all of it may take; well below the lease of a claim. */
  readonly budgetMs: number;
}

/** How many messages are claimed for each that is under way at once. */
const CLAIMED_AHEAD = 25;

/** What is accepted is written down after so many, or so long, so that a crash has few of them sent again. */
const MARKED_TOGETHER = 20;
const MARKED_WITHIN_MS = 250;

/** So many messages in a row in vain, and the rest waits for the next run. */
const MOST_FAILURES = 3;

const LONGEST_ERROR = 500;

/** Sends what is due; what goes wrong stands in what it returns. */
export async function deliver(terms: DeliveryOptions): Promise<Deliveries> {
  if (terms.destinations.length === 0) return NO_DELIVERIES;
  const round = { ...terms, endsAt: terms.monotonicMs() + terms.budgetMs };
  const channels = new Map<string, Destination[]>();
  for (const destination of terms.destinations) {
    const others = channels.get(destination.channel) ?? [];
    channels.set(destination.channel, [...others, destination]);
  }
  const served = [...channels.values()].map((destinations) => serveChannel(round, destinations));
  return sumOf((await Promise.all([...served, giveUpUnknown(terms)])).flat());
}

interface Round extends DeliveryOptions {
  readonly endsAt: number;
}

async function serveChannel(
  round: Round,
  destinations: readonly Destination[],
): Promise<readonly Deliveries[]> {
  const done: Deliveries[] = [];
  for (const destination of destinations) {
    const service = newService(destination);
    try {
      const lanes = destination.eachAlone === true ? destination.atOnce : 1;
      await Promise.all(Array.from({ length: lanes }, () => serveAll(round, service)));
    } catch (error) {
      service.error = asKmsError(error).message;
      service.isUnwell = true;
    }
    done.push(deliveriesOf(service));
    if (service.isUnwell) break;
  }
  return done;
}

/** Claims and sends until nothing is left, or there is a reason to stop. */
async function serveAll(round: Round, service: Service): Promise<void> {
  let someLeft = true;
  while (someLeft && !service.isOver && !(await isTimeUp(round))) {
    someLeft = await serveOnce(round, service);
  }
}

/** What has become of a destination's messages so far. */
interface Service {
  readonly destination: Destination;
  accepted: number;
  failed: number;
  givenUp: number;
  failuresInARow: number;
  /** The latest. */
  error: string | null;
  /** How long it asked to be left alone. */
  retryAfterSeconds: number | null;
  /** Whether its channel is to be left alone. */
  isUnwell: boolean;
  isOver: boolean;
  latestClaim: Promise<unknown>;
}

function newService(destination: Destination): Service {
  const counts = { accepted: 0, failed: 0, givenUp: 0, failuresInARow: 0 };
  const unasked = { error: null, retryAfterSeconds: null };
  const state = { isUnwell: false, isOver: false, latestClaim: Promise.resolve() };
  return { destination, ...counts, ...unasked, ...state };
}

async function isTimeUp({ monotonicMs, endsAt, stopRequested }: Round): Promise<boolean> {
  return monotonicMs() >= endsAt || (await stopRequested());
}

/** Claims some messages and sends them, a few at once; what it does not come to it lets go. False if none is left. */
async function serveOnce(round: Round, service: Service): Promise<boolean> {
  const { destination } = service;
  const token = round.newId();
  const claimed = await inTurn(service, () =>
    round.outbox.claim({
      destination: destination.name,
      now: round.now(),
      runId: round.runId,
      token,
      together: destination.together,
      limit: destination.eachAlone === true ? 1 : destination.atOnce * CLAIMED_AHEAD,
      newId: round.newId(),
    }),
  );
  const marking = { ids: [] as number[], since: round.monotonicMs() };
  const left = [...claimed];
  while (left.length > 0 && !service.isOver && !(await isTimeUp(round))) {
    const messages = left.splice(0, destination.atOnce);
    const attempts = await Promise.all(
      messages.map((message) =>
        attemptWithin(timeLeft(round, destination), destination, messageOf(message)),
      ),
    );
    marking.ids.push(...(await settleFailures(round, service, token, messages, attempts)));
    const isLong = round.monotonicMs() - marking.since >= MARKED_WITHIN_MS;
    if (marking.ids.length < MARKED_TOGETHER && !isLong) continue;
    await markSent(round, service, token, marking.ids.splice(0));
    marking.since = round.monotonicMs();
  }
  await markSent(round, service, token, marking.ids);
  const ids = left.flatMap(({ notifications }) => notifications.map(({ id }) => id));
  if (ids.length > 0) await round.outbox.settle(token, ids, { state: 'released', at: round.now() });
  await putOff(round, service);
  return claimed.length > 0;
}

/** Two claims at once may both be after the same row, and whoever gets none would think that none is left. */
function inTurn<T>(service: Service, claim: () => Promise<T>): Promise<T> {
  const claimed = service.latestClaim.then(claim, claim);
  service.latestClaim = claimed;
  return claimed;
}

/** Nothing that waits is tried before the time for which it asked. */
async function putOff({ outbox, now }: Round, service: Service): Promise<void> {
  const { destination, retryAfterSeconds } = service;
  if (retryAfterSeconds === null) return;
  await outbox.postpone(destination.name, now() + pauseAfter(1, retryAfterSeconds));
}

async function markSent(
  { outbox, now }: Round,
  service: Service,
  token: string,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await outbox.settle(token, ids, { state: 'sent', at: now() });
  service.accepted += ids.length;
}

function timeLeft({ endsAt, monotonicMs }: Round, { timeoutSeconds }: Destination): number {
  return Math.max(1, Math.min(timeoutSeconds * 1000, endsAt - monotonicMs()));
}

/** Writes down what failed, and returns the rows of what was accepted. */
async function settleFailures(
  round: Round,
  service: Service,
  token: string,
  messages: readonly ClaimedMessage[],
  attempts: readonly Attempt[],
): Promise<readonly number[]> {
  const accepted: number[] = [];
  for (const [index, { notifications }] of messages.entries()) {
    const attempt = attempts[index];
    if (attempt === undefined) continue;
    if (attempt.kind === 'accepted') {
      accepted.push(...notifications.map(({ id }) => id));
      service.failuresInARow = 0;
    } else {
      await settleFailure(round, service, token, notifications, attempt);
    }
  }
  return accepted;
}

async function settleFailure(
  { outbox, now, giveUpAfterSeconds }: Round,
  service: Service,
  token: string,
  notifications: readonly Notification[],
  attempt: Exclude<Attempt, { kind: 'accepted' }>,
): Promise<void> {
  const at = now();
  const error = attempt.error.slice(0, LONGEST_ERROR);
  const isLast = ({ createdAt }: Notification) =>
    attempt.kind === 'refused' || createdAt + giveUpAfterSeconds <= at;
  const lost = notifications.filter(isLast).map(({ id }) => id);
  if (lost.length > 0) await outbox.settle(token, lost, { state: 'given-up', at, error });
  const kept = notifications.filter((notification) => !isLast(notification));
  const retryAfter = attempt.kind === 'failed' ? attempt.retryAfterSeconds : null;
  for (const { id, attempts } of kept) {
    const nextAttemptAt = at + pauseAfter(attempts, retryAfter);
    await outbox.settle(token, [id], { state: 'waiting', nextAttemptAt, error });
  }
  service.retryAfterSeconds = retryAfter ?? service.retryAfterSeconds;
  service.error = error;
  service.givenUp += lost.length;
  service.failed += kept.length;
  if (attempt.kind === 'refused') return;
  service.failuresInARow += 1;
  service.isUnwell ||= attempt.unwell;
  service.isOver ||= attempt.unwell || service.failuresInARow >= MOST_FAILURES;
}

function deliveriesOf({ destination, accepted, failed, givenUp, error }: Service): Deliveries {
  const problems = error === null ? [] : [{ destination: destination.name, message: error }];
  return { accepted, failed, givenUp, problems };
}

/** Gives up what has waited too long for a destination that the configuration no longer names. */
async function giveUpUnknown(terms: DeliveryOptions): Promise<readonly Deliveries[]> {
  const now = terms.now();
  const error = 'its destination is no longer configured';
  try {
    const givenUp = await terms.outbox.giveUpOthers(
      terms.destinations.map(({ name }) => name),
      { before: now - terms.giveUpAfterSeconds, now, error },
    );
    if (givenUp === 0) return [];
    const message = `${givenUp} given up: ${error}`;
    return [{ ...NO_DELIVERIES, givenUp, problems: [{ destination: null, message }] }];
  } catch (failure) {
    const problem = { destination: null, message: asKmsError(failure).message };
    return [{ ...NO_DELIVERIES, problems: [problem] }];
  }
}
