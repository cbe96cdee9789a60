// SIGTERM and SIGINT during a run: the first asks it to stop after the current batch, a second ends the
// process at once; what was not committed is then rolled back by the database.

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface SignalWatch {
  /** Resolves to true once a signal came; lets pending signals in first. */
  stopRequested(): Promise<boolean>;
  dispose(): void;
}

export function watchSignals(): SignalWatch {
  let requested = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (requested) process.exit(signal === 'SIGINT' ? EXIT_CODES.SIGINT : EXIT_CODES.SIGTERM);
    requested = true;
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    // A run on SQLite never waits for anything, so without this no signal would ever be seen.
    stopRequested: () =>
      new Promise((resolve) =>
        setImmediate(() => {
          resolve(requested);
        }),
      ),
    dispose: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
