// A spinner with a count while a run goes on: on standard error, and only on a terminal.

export interface Progress {
  update(done: number, of: number): void;
  stop(): void;
}

export const NO_PROGRESS: Progress = { update: () => undefined, stop: () => undefined };

export async function startProgress(text: string): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spinner = ora({ text, stream: process.stderr }).start();
  return {
    update: (done, of) => {
      spinner.text = `${text} ${done} of ${of}`;
    },
    stop: () => {
      spinner.stop();
    },
  };
}
