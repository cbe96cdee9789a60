// Shows how far a piece of work has come, on standard error: a spinner on a terminal, a line now and then elsewhere.

export interface Progress {
  update(done: number, of: number): void;
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
  const spinner = ora({ text, stream: process.stderr }).start();
  return {
    update: (done, of) => {
      spinner.text = `${text} ${done} of ${of}`;
    },
    detail: (detail) => {
      spinner.text = detail;
    },
    stop: () => {
      spinner.stop();
    },
  };
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
