// A way to a database server that loses rows: a TCP proxy that leaves out each message with a row in which a text stands.
// The connection must be without TLS.
import type { Socket } from 'node:net';
import { withProxy } from './proxy.js';
import { kindOf } from './sql.js';

/** Hands over the URL of a proxy that loses rows. */
export async function throughLossyProxy<T>(
  url: string,
  { lost, times = Infinity }: { readonly lost: string; readonly times?: number },
  use: (url: string) => Promise<T>,
): Promise<T> {
  const isPostgresql = kindOf(url) === 'postgresql';
  const [lengthOf, isRow] = isPostgresql
    ? [postgresqlLength, isPostgresqlRow]
    : [mysqlLength, () => true];
  let losses = 0;
  const wire = (client: Socket, server: Socket) => {
    client.on('data', (request) => server.write(request));
    let received = Buffer.alloc(0);
    server.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let length = lengthOf(received); length !== null; length = lengthOf(received)) {
        const message = received.subarray(0, length);
        received = received.subarray(length);
        if (losses < times && isRow(message) && message.includes(lost)) losses += 1;
        else client.write(message);
      }
    });
  };
  return withProxy(url, wire, (through) => {
    if (isPostgresql) through.searchParams.set('sslmode', 'disable');
    else through.searchParams.set('ssl-mode', 'DISABLED');
    return use(through.href);
  });
}

/** Returns the length of the first message; null if it is not whole yet. */
function postgresqlLength(received: Buffer): number | null {
  return received.length < 5 ? null : wholeLength(received, 1 + received.readUInt32BE(1));
}

/** A row of data is a message of the type D. */
function isPostgresqlRow(message: Buffer): boolean {
  return message[0] === 'D'.charCodeAt(0);
}

/** A packet has four bytes before its content: its length and its number. */
function mysqlLength(received: Buffer): number | null {
  return received.length < 4 ? null : wholeLength(received, 4 + received.readUIntLE(0, 3));
}

function wholeLength(received: Buffer, length: number): number | null {
  return received.length < length ? null : length;
}
