// How far a run has come, on standard error: a spinner on a terminal, a line now and then elsewhere.

export interface Progress {
  update(done: number, of: number): void;
  /** Of the key that is being rotated, so many dependants are re-wrapped. */
  updateDependants(moved: number): void;
  stop(): void;
}

export const NO_PROGRESS: Progress = {
  update: () => undefined,
  updateDependants: () => undefined,
  stop: () => undefined,
};

export async function startProgress(text: string): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spinner = ora({ text, stream: process.stderr }).start();
  return {
    update: (done, of) => {
      spinner.text = `${text} ${done} of ${of}`;
    },
    updateDependants: (moved) => {
      spinner.text = `re-wrapping: ${moved} dependants so far`;
    },
    stop: () => {
      spinner.stop();
    },
  };
}

/** Writes a line for each tenth of the way. */
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
