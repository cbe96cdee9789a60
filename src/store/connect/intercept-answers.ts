// Statements on a connection as the drivers take them, with a callback: runs one, or stands between knex and the driver
// for all of them.
import type { RawConnection } from './raw-connection.js';

/** The callback that both drivers take. */
type Done = (error: unknown, ...rest: unknown[]) => unknown;

/**
 * Calls `asked` before each statement of the connection; the error of its answer, if any, becomes what `answered` makes of
 * it and of the answer.
 */
export function interceptAnswers(
  raw: RawConnection,
  {
    asked,
    answered,
  }: { asked?: () => void; answered: (error: unknown, answer: unknown) => unknown },
): void {
  const query = raw.query.bind(raw);
  raw.query = (...queryAndCallback) => {
    const done = queryAndCallback.at(-1);
    if (!isCallback(done)) return query(...queryAndCallback);
    asked?.();
    const passOn: Done = (error, ...rest) => done(answered(error, rest[0]), ...rest);
    return query(...queryAndCallback.slice(0, -1), passOn);
  };
}

/** Runs a statement whose rows are not needed. */
export function runStatement(raw: RawConnection, statement: string): Promise<void> {
  return new Promise((resolve, reject) => {
    raw.query(statement, settling(resolve, reject));
  });
}

/** Runs a statement, and returns its rows: pg has them in a result, mysql2 passes them by themselves. */
export function rowsOfStatement(raw: RawConnection, statement: string): Promise<Rows> {
  return new Promise((resolve, reject) => {
    raw.query(statement, (error: unknown, answer?: Rows | { readonly rows: Rows }) => {
      settling(() => {
        resolve(answer === undefined || !('rows' in answer) ? (answer ?? []) : answer.rows);
      }, reject)(error);
    });
  });
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Returns a driver's callback that settles a promise. */
export function settling(resolve: () => void, reject: (error: Error) => void) {
  return (error?: unknown): void => {
    if (error === null || error === undefined) resolve();
    else reject(error instanceof Error ? error : new Error('the driver failed without an error'));
  };
}

function isCallback(value: unknown): value is Done {
  return typeof value === 'function';
}
