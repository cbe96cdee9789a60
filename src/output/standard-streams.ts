// Owns standard output and standard error for the whole program: what is written to them is written completely, or the
// failure is known at the end. Whoever prints uses the streams of Node, which behave so once main.ts has asked for it.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** A stream of the process; `_write` is how Node's streams call what really writes. */
type StandardStream = Writable & { readonly fd?: number; readonly isTTY?: boolean };

let isOwned = false;
let failure: string | null = null;

/**
 * Takes the two streams over. From then on a failed write ends nothing: `takeOutputFailure` tells it for standard
 * output, and nobody for standard error, which must not change what a run does.
 */
export function ownStandardStreams(): void {
  isOwned = true;
  failure = null;
  // oclif listens too, and throws whatever is no EPIPE.
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    writeWholly(stream);
  }
  process.stdout.on('error', onOutputError);
  process.stderr.on('error', ignore);
}

/** Waits until all of standard output is written, and says whether that went well. A reader that has left is content. */
export async function isOutputWritten(): Promise<boolean> {
  await written();
  return failure === null;
}

/** Does the same, and returns the code of the first failure, once; null if there is none. */
export async function takeOutputFailure(): Promise<string | null> {
  await written();
  const taken = failure;
  failure = null;
  return taken;
}

async function written(): Promise<void> {
  if (!isOwned) return;
  // A write calls back after all those before it, whether it fails or not.
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => {
      resolve();
    });
  });
}

function onOutputError(error: NodeJS.ErrnoException): void {
  if (!hasReaderLeft(error, process.stdout)) failure ??= error.code ?? error.name;
}

function ignore(): void {
  // Nobody can be told of what cannot be written to standard error.
}

/** A pipe that was closed early, as in `kms key list | head`, or a terminal that is gone, is no error. */
function hasReaderLeft({ code }: NodeJS.ErrnoException, { isTTY }: StandardStream): boolean {
  return code === 'EPIPE' || (isTTY === true && code === 'EIO');
}

/** Node's stream for a file writes once and takes it for all, though a full disk or a limit may have cut it. */
function writeWholly(stream: StandardStream): void {
  const { fd } = stream;
  if (stream instanceof Socket || fd === undefined) return;
  stream._write = (chunk: Buffer, _encoding, done) => {
    try {
      for (let written = 0; written < chunk.length;) written += writeSync(fd, chunk, written);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}
