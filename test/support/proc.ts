// What the kernel tells of a process (Linux): whether signals that were sent have reached it, and whether
// it still runs.
import { readFileSync } from 'node:fs';

/** Says whether no signal is on its way to a process any more; one that is gone has had them. */
export function signalsDelivered(pid: number): boolean {
  const status = statusOf(pid);
  if (status === null) return true;
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return pending.length === 2 && pending.every(([, mask]) => /^0+$/.test(mask ?? ''));
}

/** Says whether a process runs; one that has ended and whose parent has not been told yet does not. */
export function isRunning(pid: number): boolean {
  const status = statusOf(pid);
  return status !== null && !/^State:\s*[ZX]/m.test(status);
}

/** Says whether a process sleeps for a while, as SQLite does before it looks at a lock again; or is gone. */
export function isWaiting(pid: number): boolean {
  return (readProc(pid, 'wchan') ?? 'nanosleep').includes('nanosleep');
}

function statusOf(pid: number): string | null {
  return readProc(pid, 'status');
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // It may go between the opening and the reading.
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
