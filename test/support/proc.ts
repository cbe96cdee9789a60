// What the kernel tells of a process (Linux): whether signals that were sent have reached it, and whether
// it still runs.
import { readFileSync } from 'node:fs';

/** Says whether no signal is on its way to a process any more. */
export function signalsDelivered(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return pending.length === 2 && pending.every(([, mask]) => /^0+$/.test(mask ?? ''));
}

/** Says whether a process runs; one that has ended and whose parent has not been told yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
