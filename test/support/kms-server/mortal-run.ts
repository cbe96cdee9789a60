// A run through the server that dies at one of its steps: from then on neither the store nor the server hears of it. A step
// is one call of the store, which writes wholly or not at all, or one request. No assertions here.
import type { RunReport } from '../../../src/report/run-report.js';
import { rotateDue } from '../../../src/run.js';
import { kmsServer } from '../../../src/run/server/kms-server.js';
import {
  serverConnection,
  type ServerConnection,
} from '../../../src/run/server/server-connection.js';
import type { Store } from '../../../src/store/store.js';
import { ALL, contextOf } from '../run.js';
import { withStore } from '../store.js';

const KILLED = 'the run was killed';

export interface MortalRun {
  readonly store: string;
  readonly url: string;
  readonly now: number;
  /** How many steps it takes before it dies; Infinity: it lives. */
  readonly steps: number;
  readonly concurrency?: number;
}

/** Returns what the run reports, or null if it died; and how many steps it took. */
export async function mortalRun(
  run: MortalRun,
): Promise<{ readonly report: RunReport | null; readonly steps: number }> {
  let taken = 0;
  const step = () => {
    taken += 1;
    if (taken > run.steps) throw new Error(KILLED);
  };
  const { concurrency = 1 } = run;
  const connection = serverConnection(
    {
      url: new URL(run.url),
      isInsecure: false,
      token: null,
      client: null,
      caFile: null,
      timeoutSeconds: 1,
    },
    concurrency,
  );
  const server = kmsServer(mortal(connection, step), {
    name: 'stand-in',
    timeoutSeconds: 1,
    concurrency,
  });
  try {
    const report = await withStore(run.store, (store) =>
      rotateDue(contextOf(mortal(store, step), run.now, { kmsServer: server, hsm: 'ask' }), ALL),
    );
    return { report: taken > run.steps ? null : report, steps: taken };
  } catch (error) {
    if (taken > run.steps) return { report: null, steps: taken };
    throw error;
  } finally {
    await connection.close();
  }
}

/** Counts each call as a step. */
function mortal<Of extends Store | ServerConnection>(of: Of, step: () => void): Of {
  return new Proxy(of, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || name === 'close') return value;
      const call = value as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        step();
        return call.apply(target, given);
      };
    },
  });
}
