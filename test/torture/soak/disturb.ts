// What befalls the runs of a soak: one is killed, all lose their sessions, the disk is full for a while.
import { setTimeout as pause } from 'node:timers/promises';
import { cutSessions } from '../../support/hold.js';
import { kindOf } from '../../support/sql.js';
import type { SoakPlace } from './place.js';
import type { Disturbance, Runs } from './runs.js';

const ROOM_KB = [0, 16, 256, 2048] as const;

/** Disturbs until told to stop, and leaves room on the disk; returns how often each thing was done. */
export async function disturb(
  { url, disk }: SoakPlace,
  runs: Runs,
  /** Sessions that are not cut. */
  spared: () => readonly number[],
  random: () => number,
  stopped: () => boolean,
): Promise<ReadonlyMap<Disturbance, number>> {
  const done = new Map<Disturbance, number>();
  while (!stopped()) {
    await pause(500 + random() * 2000);
    const choice = random();
    const what = choice < 0.5 ? 'kill' : choice < 0.75 ? 'cut' : 'full disk';
    // A file has no sessions.
    if (what === 'cut' && kindOf(url) === 'sqlite') continue;
    if (what === 'kill' && !runs.kill(random)) continue;
    if (what === 'cut') {
      runs.mark('cut');
      await cutSessions(url, 'all', spared());
      runs.mark('cut');
    }
    if (what === 'full disk') await fillFor(500 + random() * 2500);
    done.set(what, (done.get(what) ?? 0) + 1);
  }
  return done;

  async function fillFor(ms: number): Promise<void> {
    disk.fill(ROOM_KB[Math.floor(random() * ROOM_KB.length)]!);
    try {
      for (const end = performance.now() + ms; performance.now() < end;) {
        runs.mark('full disk');
        await pause(50);
      }
    } finally {
      disk.empty();
      runs.mark('full disk');
    }
  }
}
