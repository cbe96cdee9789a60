// Asks the user questions at a terminal, on standard error. Loads the package for it only then.
import type { KmsError } from '../errors.js';
import { printable } from '../text/printable.js';

interface Choice<T> {
  readonly name: string;
  readonly value: T;
}

export interface Questions {
  choose<T>(message: string, choices: readonly Choice<T>[], preset?: T): Promise<T>;
  /** Asks again while `complaint` returns what is wrong with the answer. */
  text(
    message: string,
    options?: { readonly preset?: string; readonly complaint?: (text: string) => string | null },
  ): Promise<string>;
  secret(message: string): Promise<string>;
  agree(message: string, preset: boolean): Promise<boolean>;
  say(lines: readonly string[]): void;
}

/** Returns the questions. Each throws `cancelled()` if the user interrupts it or ends the input. */
export async function questions(cancelled: () => KmsError): Promise<Questions> {
  const { confirm, input, password, select } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  const answered = <T>(answer: Promise<T>) => orCancelled(answer, cancelled);
  return {
    choose: (message, choices, preset) =>
      answered(
        select(
          {
            message,
            choices: choices.map(({ name, value }) => ({ name: printable(name), value })),
            ...(preset === undefined ? {} : { default: preset }),
          },
          context,
        ),
      ),
    text: (message, { preset, complaint } = {}) =>
      answered(
        input(
          {
            message,
            ...(preset === undefined ? {} : { default: preset }),
            validate: (text) => complaint?.(text) ?? true,
          },
          context,
        ),
      ),
    secret: (message) => answered(password({ message, mask: '*' }, context)),
    agree: (message, preset) => answered(confirm({ message, default: preset }, context)),
    say: (lines) => {
      for (const line of lines) process.stderr.write(`${printable(line)}\n`);
    },
  };
}

async function orCancelled<T>(answer: Promise<T>, cancelled: () => KmsError): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isCancelled =
      error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name);
    throw isCancelled ? cancelled() : error;
  }
}
