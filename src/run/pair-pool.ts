// Makes pairs on all cores: those that take long in worker threads, which start when they are needed and keep no
// process alive. How a pair is made, crypto/ says.
import type { Worker } from 'node:worker_threads';
import { generateKeyPair, type GeneratedPair } from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import type { RotationContext } from '../flows/change.js';
import type { KeyMaterial } from '../kmip/key-material.js';

type NewPair = RotationContext['newPair'];

export interface PairMaker {
  readonly newPair: NewPair;
  close(): Promise<void>;
}

interface Job {
  readonly kind: PairKind;
  readonly resolve: (pair: GeneratedPair) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns a maker with at most so many threads; `worker` is the built pair-worker. */
export function startPairMaker(worker: URL, threads: number): PairMaker {
  const all = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Job[] = [];
  const begin = () => {
    const thread = idle.pop() ?? (all.size < threads ? newThread(worker, all) : undefined);
    const job = thread === undefined ? undefined : waiting.shift();
    if (thread === undefined || job === undefined) {
      if (thread !== undefined) idle.push(thread);
      return;
    }
    void work(thread, job)
      .then(
        (pair) => {
          idle.push(thread);
          job.resolve(pair);
        },
        (error: unknown) => {
          all.delete(thread);
          job.reject(error);
        },
      )
      .then(begin);
  };
  return {
    newPair: (kind) => {
      // A point on a curve is made sooner than a thread is asked.
      if (kind.kind === 'curve') return generateKeyPair(kind);
      return new Promise((resolve, reject) => {
        waiting.push({ kind, resolve, reject });
        begin();
      });
    },
    close: async () => {
      await Promise.all([...all].map((thread) => thread.terminate()));
    },
  };
}

/** Returns a maker that makes one pair of each kind, for runs that write none. */
export function oncePerKind(newPair: NewPair): NewPair {
  const made = new Map<string, Promise<GeneratedPair>>();
  return (kind) => {
    const name = JSON.stringify(kind);
    const pair = made.get(name) ?? newPair(kind);
    made.set(name, pair);
    return pair;
  };
}

function newThread(worker: URL, all: Set<Worker>): Worker {
  // Loading threads would cost every start of kms some milliseconds.
  const threads = process.getBuiltinModule('node:worker_threads');
  const thread = new threads.Worker(worker);
  all.add(thread);
  return thread;
}

function work(thread: Worker, { kind }: Job): Promise<GeneratedPair> {
  return new Promise<GeneratedPair>((resolve, reject) => {
    const onMessage = (pair: GeneratedPair) => {
      thread.off('error', onError);
      thread.unref();
      resolve(received(pair));
    };
    const onError = (error: Error) => {
      thread.off('message', onMessage);
      reject(error);
    };
    thread.once('message', onMessage);
    thread.once('error', onError);
    thread.ref();
    thread.postMessage(kind);
  });
}

/** Buffers come out of another thread as plain byte arrays. */
function received(pair: GeneratedPair): GeneratedPair {
  const { privateKey, publicKey } = pair;
  return {
    ...pair,
    privateKey: { ...privateKey, material: withBuffers(privateKey.material) },
    publicKey: { ...publicKey, material: withBuffers(publicKey.material) },
  };
}

function withBuffers(material: KeyMaterial): KeyMaterial {
  if (material.kind !== 'bytes') return material;
  const { buffer, byteOffset, length } = material.bytes;
  return { kind: 'bytes', bytes: Buffer.from(buffer, byteOffset, length) };
}
