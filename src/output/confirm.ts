// A question to somebody at a terminal, on standard error, that only "y" or "yes" affirms.
import { createInterface } from 'node:readline/promises';

/** Asks, and returns whether the answer was yes; whoever ends the input, or interrupts, says no. */
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
