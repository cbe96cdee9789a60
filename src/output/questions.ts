// Questions to somebody at a terminal, on standard error; the package that asks them is loaded only then.
import { KmsError } from '../errors.js';
import { printable } from '../text/printable.js';

interface Choice<T> {
  readonly name: string;
  readonly value: T;
}

export interface Questions {
  choose<T>(message: string, choices: readonly Choice<T>[], preset?: T): Promise<T>;
  /** `complaint` says what is wrong with an answer, or nothing. */
  text(
    message: string,
    options?: { readonly preset?: string; readonly complaint?: (text: string) => string | null },
  ): Promise<string>;
  secret(message: string): Promise<string>;
  agree(message: string, preset: boolean): Promise<boolean>;
  say(lines: readonly string[]): void;
}

export async function questions(): Promise<Questions> {
  const { confirm, input, password, select } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
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

/** Whoever interrupts, or ends the input, has agreed to nothing. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const left = error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name);
    if (!left) throw error;
    throw new KmsError('InvalidArgument', 'nothing was changed', {
      hint: 'kms init begins anew',
    });
  }
}
