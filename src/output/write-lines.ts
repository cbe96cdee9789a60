// Writes text to a pipe no faster than its reader reads. Otherwise everything unread would be held in memory. A reader
// that closes the pipe early, as in `kms key list | head`, is no error.
import type { Writable } from 'node:stream';

export type Lines = Iterable<string> | AsyncIterable<string>;

/** Writes lines, each with a line feed. */
export function writeLines(pipe: Writable, lines: Lines): Promise<void> {
  return writeTexts(pipe, withEnds(lines));
}

/** Writes texts until there are no more, or the reader has gone. Takes the next one only when there is room for it. */
export async function writeTexts(pipe: Writable, texts: Lines): Promise<void> {
  let gone = pipe.destroyed;
  let goOn: () => void = () => undefined;
  const onRoom = () => {
    goOn();
  };
  const onLeave = () => {
    gone = true;
    goOn();
  };
  pipe.on('drain', onRoom).on('error', onLeave).on('close', onLeave);
  try {
    for await (const text of texts) {
      if (gone) return;
      const hasRoom = pipe.write(text);
      if (!hasRoom) await new Promise<void>((resolve) => (goOn = resolve));
    }
  } finally {
    pipe.off('drain', onRoom).off('error', onLeave).off('close', onLeave);
  }
}

async function* withEnds(lines: Lines): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
