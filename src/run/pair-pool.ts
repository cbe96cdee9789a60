// Makes key pairs on all cores: those that take long in worker threads, which start when they are first needed and
// keep no process alive. crypto/ makes the pairs.
//
// A pool of our own: piscina 5.3 and tinypool 2.2 made no more pairs a second (RSA-2048, two threads), take 20 ms of
// CPU to load and 8 to 17 MB more memory, and need a file of theirs beside the bundle. They also send a result after
// the worker's function has returned, where ours wipes its copy of the private key as soon as it is sent.
import type { Worker } from 'node:worker_threads';
import { generateKeyPair, type GeneratedPair } from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import type { KeyMaterial } from '../kmip/key-material.js';
import { cached, type Cached } from './cached.js';
import type { RotationContext } from '../flows/rotation-context.js';

type NewPair = RotationContext['newPair'];

export interface PairPool {
  readonly newPair: NewPair;
  close(): Promise<void>;
}

/** Returns a pool of at most so many threads; `worker` is the built pair-worker. */
export function startPairPool(worker: URL, maxThreads: number): PairPool {
  const threads = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Job[] = [];
  const idleOrNewThread = (): Worker | undefined => {
    const thread = idle.pop();
    if (thread !== undefined || threads.size >= maxThreads) return thread;
    const started = startThread(worker);
    threads.add(started);
    return started;
  };
  const beginNext = (): void => {
    const [job] = waiting;
    const thread = job === undefined ? undefined : idleOrNewThread();
    if (job === undefined || thread === undefined) return;
    waiting.shift();
    void makePair(thread, job.kind)
      .then(
        (pair) => {
          idle.push(thread);
          job.resolve(pair);
        },
        (error: unknown) => {
          // A thread that throws has ended.
          threads.delete(thread);
          job.reject(error);
        },
      )
      .then(beginNext);
  };
  return {
    newPair: (kind) => {
      // A pair on a curve is made sooner than a thread answers.
      if (kind.kind === 'curve') return generateKeyPair(kind);
      return new Promise((resolve, reject) => {
        waiting.push({ kind, resolve, reject });
        beginNext();
      });
    },
    close: async () => {
      await Promise.all([...threads].map((thread) => thread.terminate()));
    },
  };
}

interface Job {
  readonly kind: PairKind;
  readonly resolve: (pair: GeneratedPair) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns a maker that makes one pair of each kind: enough for a dry run, which writes none. */
export function oncePerKind(newPair: NewPair): NewPair {
  const pairs = new Map<string, Cached<GeneratedPair>>();
  return (kind) => {
    const name = JSON.stringify(kind);
    const pair = pairs.get(name) ?? cached(() => newPair(kind));
    pairs.set(name, pair);
    return pair.get();
  };
}

function startThread(worker: URL): Worker {
  // An import of worker_threads would cost every start of kms some milliseconds.
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
  return new Thread(worker);
}

function makePair(thread: Worker, kind: PairKind): Promise<GeneratedPair> {
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

/** Buffers of another thread arrive as plain byte arrays. */
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
