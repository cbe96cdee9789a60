// Tests that cannot run here are skipped by name: the title says what they need, and the summary of the run counts
// them by it. With CI=true nothing may be missing, so they fail instead.
import { isWanted, type DatabaseName } from './wanted-databases.js';

/** Closes the title of a test, or of a suite, that is left out. */
const NEED = / \[needs ([^\]]+)\]$/;

/** Skips a test, or from a hook the whole suite, unless what it needs is there. */
export function need(context: Mocha.Context, what: string, isThere: boolean): void {
  if (isThere) return;
  if (process.env['CI'] === 'true') throw new Error(`${what} is missing`);
  const runnable = context.test as Mocha.Test | Mocha.Hook | undefined;
  const leftOut = runnable?.type === 'hook' ? runnable.parent : runnable;
  if (leftOut !== undefined) leftOut.title = titleWith(leftOut.title, what);
  context.skip();
}

/** A suite on one database, left out where the run does not cover it. */
export function describeOn(name: DatabaseName, title: string, suite: () => void): void {
  if (isWanted(name)) describe(`${title} (${name})`, suite);
  else describe.skip(titleWith(`${title} (${name})`, name), suite);
}

/** Returns what a skipped test needs, by its own title or that of a suite around it. */
export function needOf(test: Mocha.Test): string | null {
  for (const title of test.titlePath().reverse()) {
    const [, what] = NEED.exec(title) ?? [];
    if (what !== undefined) return what;
  }
  return null;
}

function titleWith(title: string, what: string): string {
  return NEED.test(title) ? title : `${title} [needs ${what}]`;
}
