// Writes into a file that cannot be replaced by another: a device, a pipe, or a file that is mounted by itself.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';

/** @throws Error from the system; a regular file has its earlier content then. */
export function writeInPlace(path: string, pieces: Iterable<string>): void {
  const descriptor = openSync(path, constants.O_WRONLY);
  try {
    if (fstatSync(descriptor).isFile()) {
      overwrite(descriptor, path, Buffer.concat([...pieces].map((piece) => Buffer.from(piece))));
    } else {
      for (const piece of pieces) writeAll(descriptor, Buffer.from(piece), null);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What fills a disk is taken back: the room of the earlier content is still the file's. */
function overwrite(descriptor: number, path: string, content: Buffer): void {
  const earlier = readFileSync(path);
  try {
    setContent(descriptor, content);
  } catch (error) {
    setContent(descriptor, earlier);
    throw error;
  }
}

function setContent(descriptor: number, content: Buffer): void {
  writeAll(descriptor, content, 0);
  ftruncateSync(descriptor, content.length);
  fsyncSync(descriptor);
}

/** A write may take less than it is given. */
function writeAll(descriptor: number, bytes: Buffer, from: number | null): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(
      descriptor,
      bytes,
      done,
      bytes.length - done,
      from === null ? null : from + done,
    );
  }
}
