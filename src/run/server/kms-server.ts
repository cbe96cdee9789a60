// A server that is asked to rotate keys: how many requests are under way, how often a safe one is repeated, and when it is
// asked no more in this run. server-connection.ts sends; ask-server.ts says in which order.
import { KmsError } from '../../errors.js';
import type { Message } from '../../kmip/server-messages.js';
import { quoted } from '../../text/phrases.js';
import type { Answer, ServerConnection } from './server-connection.js';

/** What came of a request to a server that is still asked. */
type ServerAnswer = Answer | { readonly kind: 'not-asked'; readonly error: KmsError };

export interface KmsServer {
  /** Its host, as messages name it. */
  readonly name: string;
  readonly timeoutSeconds: number;
  /** How many requests are under way at once. */
  readonly concurrency: number;
  /** Asks once. */
  ask(message: Message): Promise<ServerAnswer>;
  /** Asks for what may be done twice, and again if nobody knows whether it was done. */
  askSafely(message: Message): Promise<ServerAnswer>;
  version(): Promise<Answer>;
  /** Ends asking for this run. */
  stopAsking(error: KmsError): void;
  /** Why it is asked no more; null while it is. */
  stopped(): KmsError | null;
  close(): Promise<void>;
}

/** After so many failures in a row the server is asked no more. */
const MOST_FAILURES = 3;

/** How often a safe request is made. */
const SAFE_TRIES = 3;

export function kmsServer(
  connection: ServerConnection,
  { name, timeoutSeconds, concurrency }: ServerOptions,
): KmsServer {
  const slots = newSlots(concurrency);
  let failures = 0;
  let stopped: KmsError | null = null;
  const note = (answer: Answer): void => {
    if (answer.kind === 'answered' || answer.kind === 'refused') failures = 0;
    else failures += 1;
    if (failures >= MOST_FAILURES && 'line' in answer) {
      stopped ??= new KmsError(
        'ServerUnreachable',
        `the server ${name} failed ${MOST_FAILURES} times in a row, and is asked no more in this run: ${answer.line}`,
        { hint: UNREACHABLE_HINT },
      );
    }
  };
  const ask = (message: Message): Promise<ServerAnswer> =>
    slots.within(async () => {
      if (stopped !== null) return { kind: 'not-asked', error: stopped };
      const answer = await connection.post(message);
      note(answer);
      return answer;
    });
  return {
    name,
    timeoutSeconds,
    concurrency,
    ask,
    askSafely: async (message) => {
      for (let tries = 1; ; tries += 1) {
        const answer = await ask(message);
        const isOver = ['answered', 'refused', 'not-asked'].includes(answer.kind);
        if (isOver || tries >= SAFE_TRIES) return answer;
      }
    },
    version: () => connection.version(),
    stopAsking: (error) => {
      stopped ??= error;
    },
    stopped: () => stopped,
    close: () => connection.close(),
  };
}

interface ServerOptions {
  readonly name: string;
  readonly timeoutSeconds: number;
  /** How many requests are under way at once. */
  readonly concurrency: number;
}

const UNREACHABLE_HINT = 'kms config check --connect says what is wrong; the next run asks again';

/** Returns the failure of a key for which the server could not be asked, or whose answer is not known. */
export function unreachable(
  uid: string,
  { name }: Pick<KmsServer, 'name'>,
  line: string,
): KmsError {
  return new KmsError(
    'ServerUnreachable',
    `the server ${name} could not be asked to rotate ${quoted(uid)}: ${line}`,
    { uid, hint: UNREACHABLE_HINT },
  );
}

interface Slots {
  within<T>(work: () => Promise<T>): Promise<T>;
}

function newSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    within: async (work) => {
      if (free > 0) free -= 1;
      else {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
