// A spinner with a count while a run goes on: on standard error, and only on a terminal.

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
