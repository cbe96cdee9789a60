// How `kms init`, and whatever makes the default store, connects to a database.
import { BUSY_TIMEOUT_MS } from '../store/open.js';

export const CONNECT_OPTIONS = { mode: 'write', busyTimeoutMs: BUSY_TIMEOUT_MS } as const;
