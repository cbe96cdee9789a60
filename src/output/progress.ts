// Shows how far a piece of work has come, on standard error: a spinner on a terminal, a line now and then elsewhere.
import { knownSize } from './terminal.js';

export interface Progress {
  /** `left` is the time that remains, in words. */
  update(done: number, of: number, left?: string | null): void;
  /** Shows a text of its own until the next update; where there is no terminal it shows nothing. */
  detail(text: string): void;
  stop(): void;
}

export const NO_PROGRESS: Progress = {
  update: () => undefined,
  detail: () => undefined,
  stop: () => undefined,
};

/** Starts a spinner. */
export async function startProgress(text: string): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spinner = ora({
    text,
    stream: withKnownSize(process.stderr),
    // It would take Ctrl-C and Ctrl-Z for itself, and hand them on only when it finds the time.
    discardStdin: false,
    // A process that is stopped or killed would leave a terminal without a cursor.
    hideCursor: false,
  }).start();
  return {
    update: (done, of, left = null) => {
      spinner.text = `${text} ${done} of ${of}${left === null ? '' : `, ${left} left`}`;
    },
    detail: (detail) => {
      spinner.text = detail;
      // What comes next may keep the process from drawing for a long time.
      if (spinner.isSpinning) spinner.render();
      else spinner.start();
    },
    stop: () => {
      spinner.stop();
    },
  };
}

/** ora divides by the width, and would clear lines without end if the terminal becomes 0 columns wide. */
function withKnownSize(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return Object.create(stream, {
    columns: { get: () => knownSize(stream).columns },
    rows: { get: () => knownSize(stream).rows },
  }) as NodeJS.WriteStream;
}

/** Writes a line for each tenth of the work. */
export function progressLines(
  text: string,
  output: { write(line: string): unknown } = process.stderr,
): Progress {
  let tenths = 0;
  return {
    ...NO_PROGRESS,
    update: (done, of) => {
      const reached = of === 0 ? 0 : Math.floor((done * 10) / of);
      if (reached > tenths) output.write(`${text} ${done} of ${of}\n`);
      tenths = reached;
    },
  };
}
