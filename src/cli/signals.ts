// Watches for SIGTERM, SIGINT and SIGHUP. The first asks a run to stop after the current batch. The second ends the
// process at once; the database then rolls back what was not committed.

/** What a second signal ends the process with. A terminal that is closed is like a SIGTERM. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;

type WatchedSignal = keyof typeof EXIT_CODES;

const SIGNALS = Object.keys(EXIT_CODES) as readonly WatchedSignal[];

export interface SignalWatch {
  /** Resolves to true after a signal. Lets pending signals in first. */
  stopRequested(): Promise<boolean>;
  dispose(): void;
}

/** Starts to watch. Until `dispose`, a first signal does not end the process. */
export function watchSignals(): SignalWatch {
  let first: NodeJS.Signals | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    // When a terminal is closed, the system sends a SIGHUP, and the shell often another: that is nobody's second wish.
    const isSecond = first !== null && !(first === 'SIGHUP' && signal === 'SIGHUP');
    if (isSecond) process.exit(EXIT_CODES[signal as WatchedSignal]);
    first ??= signal;
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    // A run on SQLite never waits for anything, so without this pause it would never see a signal.
    stopRequested: () =>
      new Promise((resolve) =>
        setImmediate(() => {
          resolve(first !== null);
        }),
      ),
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
