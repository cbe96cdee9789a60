// The first signal asks a run to stop; nothing is caught once the run is over. What a second one does is
// seen on the built program (test/bin).
import assert from 'node:assert/strict';
import { watchSignals } from '../../src/cli/signals.js';

describe('watching for signals', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`is asked to stop by a first ${signal}, and not before`, async () => {
      const others = process.rawListeners(signal);
      process.removeAllListeners(signal);
      const watch = watchSignals();
      try {
        assert.equal(await watch.stopRequested(), false);
        process.emit(signal, signal);
        assert.equal(await watch.stopRequested(), true);
        assert.equal(await watch.stopRequested(), true);
      } finally {
        watch.dispose();
        for (const listener of others) process.on(signal, listener as NodeJS.SignalsListener);
      }
    });

    it(`leaves ${signal} alone when it is over`, () => {
      const before = process.listenerCount(signal);
      const watch = watchSignals();
      assert.equal(process.listenerCount(signal), before + 1);
      watch.dispose();
      assert.equal(process.listenerCount(signal), before);
    });
  }
});
