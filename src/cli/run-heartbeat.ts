// The calls of one run to the heartbeat. That the run starts is told while it works; the end waits for that, so that
// both arrive in order.
import { mostSerious, type ExitCode } from '../errors.js';
import type { Heartbeat } from '../notify/heartbeat.js';
import type { Diagnostics } from './diagnostics.js';

export interface RunHeartbeat {
  /** Tells the end. Returns the exit code, which a call that did not arrive makes at least 6. */
  end(exitCode: ExitCode): Promise<ExitCode>;
}

export function beginHeartbeat(
  heartbeat: Pick<Heartbeat, 'call'>,
  log: Pick<Diagnostics, 'note'>,
): RunHeartbeat {
  const started = heartbeat.call('start');
  const failures = new Set<string>();
  return {
    end: async (exitCode) => {
      const start = await started;
      if (start.kind !== 'accepted') failures.add(start.error);
      const withStart = failures.size === 0 ? exitCode : mostSerious([exitCode, 6]);
      const end = await heartbeat.call(withStart);
      if (end.kind !== 'accepted') failures.add(end.error);
      for (const error of failures) log.note('warn', `heartbeat: ${error}`);
      return failures.size === 0 ? exitCode : mostSerious([exitCode, 6]);
    },
  };
}
