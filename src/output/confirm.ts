// Asks the user a yes-or-no question at a terminal, on standard error. Only "y" and "yes" mean yes.
import { createInterface } from 'node:readline/promises';

/** Asks, and returns whether the answer was yes. The end of the input and an interrupt mean no. */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  const lines = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => {
    lines.on('close', () => {
      resolve('');
    });
  });
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
