// Writes lines that arrive one by one into a file that a flag names: beside it first, so that it is whole or as before.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { KmsError } from '../errors.js';
import { destinationOf } from './destination.js';
import { systemCodeOf } from './system-error.js';
import { temporaryFile } from './temporary-file.js';
import { READ_BY_OWNER } from './write-whole-file.js';

/** @throws KmsError InvalidArgument, naming the flag and the path; or what the lines throw. */
export async function writeNamedStream(
  flag: string,
  path: string,
  lines: AsyncIterable<string>,
): Promise<void> {
  const file = failingWith(flag, path, () =>
    temporaryFile(destinationOf(path).target, READ_BY_OWNER, null),
  );
  try {
    const pipe = createWriteStream(file.path);
    const done = finished(pipe);
    // Who waits for it is told below.
    done.catch(() => undefined);
    for await (const line of lines) {
      if (!pipe.write(`${line}\n`)) await Promise.race([drained(pipe), done]);
    }
    pipe.end();
    await done;
    file.replace();
  } catch (error) {
    throw systemCodeOf(error) === null ? error : unwritable(flag, path, error);
  } finally {
    file.end();
  }
}

function drained(pipe: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => pipe.once('drain', resolve));
}

function failingWith<T>(flag: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unwritable(flag, path, error);
  }
}

function unwritable(flag: string, path: string, cause: unknown): KmsError {
  const code = systemCodeOf(cause) ?? 'unknown error';
  return new KmsError('InvalidArgument', `${flag} ${path} cannot be written (${code})`, { cause });
}
