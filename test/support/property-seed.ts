// Property tests try the same cases at every run, so that one that fails is due to what was changed. A run by hand draws its
// own with KMS_TEST_EFFORT=full, or takes KMS_TEST_SEED; loaded by mocha in each of its processes.
import fc from 'fast-check';
import { isFull, tries } from './effort.js';

const named = process.env['KMS_TEST_SEED'];
if (named !== undefined) fc.configureGlobal({ seed: Number(named) });
else if (!isFull) fc.configureGlobal({ seed: 1 });

// Where a test says no number: fast-check's own takes seconds of the quick run, and finds hardly more at one fixed seed.
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: tries(50, 100) });
