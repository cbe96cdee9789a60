// Waits for something to become true, without counting on how long it takes.
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 5;

/** Resolves when a condition holds; rejects if it does not within the time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 20_000,
  everyMs = EVERY_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`gave up waiting: ${what}`);
    await pause(everyMs);
  }
}
