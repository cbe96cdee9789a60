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
export function writeInPlace(path: string, text: string): void {
  const descriptor = openSync(path, constants.O_WRONLY);
  try {
    if (fstatSync(descriptor).isFile()) overwrite(descriptor, path, text);
    else writeAll(descriptor, text, null);
  } finally {
    closeSync(descriptor);
  }
}

/** What fills a disk is taken back: the room of the earlier content is still the file's. */
function overwrite(descriptor: number, path: string, text: string): void {
  const earlier = readFileSync(path);
  try {
    setContent(descriptor, Buffer.from(text));
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
function writeAll(descriptor: number, content: Buffer | string, from: number | null): void {
  const bytes = Buffer.from(content);
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
