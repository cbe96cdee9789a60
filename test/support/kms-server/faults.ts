// What the stand-in can be told to do wrong with one request.
import type { Step } from './operations.js';

export interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Fault =
  /** Never answers; what comes after the step is not done. */
  | { readonly kind: 'hang'; readonly at: Step }
  /** Cuts the connection; what comes after the step is not done. */
  | { readonly kind: 'drop'; readonly at: Step }
  /** The same, and nobody listens until restart(). */
  | { readonly kind: 'die'; readonly at: Step }
  /** Does all, and cuts the connection in the midst of the answer. */
  | { readonly kind: 'cut' }
  /** Does all, and sends the answer twice on the connection. */
  | { readonly kind: 'answer-twice' }
  /** Does all twice, as when something on the way sends the request again, and gives the first answer. */
  | { readonly kind: 'carry-out-twice' }
  /** Answers this, whether or not it does what was asked. */
  | { readonly kind: 'answer'; readonly answer: Answer; readonly carriedOut: boolean }
  /** Has something else done at a step, and goes on. */
  | { readonly kind: 'call'; readonly at: Step; readonly call: () => Promise<void> };

/** An answer of this status, with the server's kind of line; nothing is done. */
export function refuses(status: number, line: string): Fault {
  const answer = { status, contentType: 'text/html; charset=utf-8', body: line };
  return { kind: 'answer', answer, carriedOut: false };
}
