// A thread that makes pairs, one at a time, for pair-pool.ts.
import { parentPort } from 'node:worker_threads';
import {
  generateKeyPair,
  wipePrivateKey,
  type GeneratedPair,
} from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';

parentPort?.on('message', (kind: PairKind) => {
  void generateKeyPair(kind).then(reply);
});

/** What is posted is copied before the call returns. What fails is thrown, and ends the thread. */
function reply(pair: GeneratedPair): void {
  parentPort?.postMessage(pair);
  wipePrivateKey(pair.privateKey);
}
