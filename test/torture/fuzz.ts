// Damages what kms reads, and looks whether each parser refuses it in words: no crash, no hang, and a bounded heap.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type FuzzMessage =
  | { readonly kind: 'begun'; readonly seed: number }
  | { readonly kind: 'wrong'; readonly what: string }
  | { readonly kind: 'done'; readonly parsers: readonly string[] };

export interface FuzzResult {
  /** What went wrong, with the seed and the bytes; null if nothing did. */
  readonly wrong: string | null;
  readonly parsers: readonly string[];
}

const HEAP_MB = 256;
const HANGS_AFTER_MS = 60_000;

/** Runs each parser on the cases of so many seeds. */
export async function fuzz(seed: number, cases: number): Promise<FuzzResult> {
  const child = fork(
    fileURLToPath(new URL('fuzz-process.ts', import.meta.url)),
    [seed, cases].map(String),
    { execArgv: ['--import=tsx', `--max-old-space-size=${HEAP_MB}`] },
  );
  let at = seed;
  const results: FuzzResult[] = [];
  const kill = () => child.kill('SIGKILL');
  let watch = setTimeout(kill, HANGS_AFTER_MS);
  child.on('message', (message: FuzzMessage) => {
    clearTimeout(watch);
    watch = setTimeout(kill, HANGS_AFTER_MS);
    if (message.kind === 'begun') at = message.seed;
    else if (message.kind === 'done') results.push({ wrong: null, parsers: message.parsers });
    else results.push({ wrong: `seed ${at}, ${message.what}`, parsers: [] });
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('exit', (...ended) => {
      resolve(ended);
    });
  });
  clearTimeout(watch);
  return results[0] ?? { wrong: `seed ${at}: it ended with ${code ?? signal ?? ''}`, parsers: [] };
}
