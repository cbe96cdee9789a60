// Ends the wait for a server that has stopped answering. A statement may take long and locks may be waited for, so
// silence alone proves nothing: a second session is opened to see whether the server still lives.
import type { Socket } from 'node:net';
import { interceptAnswers } from './intercept-answers.js';
import type { RawConnection } from './raw-connection.js';

/** Less than this in the whole time counts as silence: a server that is alive sends more, or nothing at all. */
const SILENCE_BYTES = 1024;

/** How often we look in that time. */
const LOOKS = 6;

/**
 * Watches the connection while a statement is at work. Where the server has been silent for so long and `isAlive` says
 * no, the connection is destroyed, and the statement fails with SERVER_SILENT.
 */
export function watchForSilence(
  raw: RawConnection,
  stream: Socket,
  silenceMs: number,
  isAlive: () => Promise<boolean>,
): void {
  let pending = 0;
  let answered = 0;
  interceptAnswers(raw, {
    asked: () => (pending += 1),
    answered: (error) => {
      pending -= 1;
      answered += 1;
      return error;
    },
  });

  let looks = 0;
  let seen = { answered, bytes: stream.bytesRead };
  let asking = false;
  const look = () => {
    const quiet = answered === seen.answered && stream.bytesRead - seen.bytes < SILENCE_BYTES;
    if (pending === 0 || !quiet) {
      seen = { answered, bytes: stream.bytesRead };
      looks = 0;
      return;
    }
    looks += 1;
    if (looks < LOOKS || asking) return;
    asking = true;
    void isAlive().then((alive) => {
      asking = false;
      looks = 0;
      if (!alive) stream.destroy(Object.assign(new Error('silent'), { code: 'SERVER_SILENT' }));
    });
  };
  const timer = setInterval(look, silenceMs / LOOKS);
  timer.unref();
  stream.once('close', () => {
    clearInterval(timer);
  });
}
