// Watches for SIGTERM and SIGINT. The first asks a run to stop after the current batch. The second ends the process at
// once; the database then rolls back what was not committed.

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface SignalWatch {
  /** Resolves to true after a signal. Lets pending signals in first. */
  stopRequested(): Promise<boolean>;
  dispose(): void;
}

/** Starts to watch. Until `dispose`, a first signal does not end the process. */
export function watchSignals(): SignalWatch {
  let requested = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (requested) process.exit(signal === 'SIGINT' ? EXIT_CODES.SIGINT : EXIT_CODES.SIGTERM);
    requested = true;
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    // A run on SQLite never waits for anything, so without this pause it would never see a signal.
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
