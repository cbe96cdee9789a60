// The worker thread of pair-pool.ts: makes key pairs, one at a time.
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

/** The pair is copied before `postMessage` returns. A failure is thrown, which ends the thread. */
function reply(pair: GeneratedPair): void {
  parentPort?.postMessage(pair);
  wipePrivateKey(pair.privateKey);
}
