// Sends one message and always ends: when the time is up, and when the sender throws.
import { asKmsError, type KmsError } from '../../errors.js';
import { failed, unavailable, type SendResult } from '../destination.js';

export async function sendWithin(
  milliseconds: number,
  send: (signal: AbortSignal) => Promise<SendResult>,
  /** Takes the error of a sender that throws. */
  onUnexpected: (error: KmsError) => void,
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
    return await Promise.race([send(controller.signal), timeout]);
  } catch (thrown) {
    // A sender that throws has a bug. The rotation itself is done, so the run goes on.
    const error = asKmsError(thrown);
    onUnexpected(error);
    return failed(error.message);
  } finally {
    clearTimeout(timer);
  }
}
