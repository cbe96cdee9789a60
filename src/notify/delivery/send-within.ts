// Sends one message and always ends: when the time is up, and when the sender throws.
import {
  failed,
  unavailable,
  type Destination,
  type Message,
  type SendResult,
} from '../destination.js';

export async function sendWithin(
  milliseconds: number,
  destination: Pick<Destination, 'send'>,
  message: Message,
): Promise<SendResult> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<SendResult>((resolve) => {
    timer = setTimeout(() => {
      resolve(unavailable(`no answer within ${Math.ceil(milliseconds / 1000)} s`));
      controller.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([destination.send(message, controller.signal), timeout]);
  } catch (error) {
    // A sender that throws has a bug. The rotation itself is done, so the run goes on.
    return failed(`unexpected ${error instanceof Error ? error.name : typeof error}`);
  } finally {
    clearTimeout(timer);
  }
}
