// A node of a cluster that refuses a COMMIT, or everything from then on: a server of MySQL or MariaDB behind a proxy that
// answers in its place.
import type { Socket } from 'node:net';
import { withProxy } from './proxy.js';

export interface Refusal {
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
  /** Whether the node refuses all that follows too, in whatever session. */
  readonly forGood: boolean;
}

/** The transaction that the COMMIT is to end has inserted into this table. */
const AFTER = 'INSERT INTO kms_rotation_log';

const COM_QUERY = 3;

/** What a client sends to MySQL before its statement: that it has no attributes. */
const NO_ATTRIBUTES = '\x00\x01';

/** Hands over the URL of the node, and how many statements it has refused. */
export function throughRefusingNode<T>(
  url: string,
  refusal: Refusal,
  use: (through: string, refused: () => number) => Promise<T>,
): Promise<T> {
  const answer = errorPacket(refusal);
  let refused = 0;
  const wire = (client: Socket, server: Socket) => {
    let isArmed = false;
    let swallowing = false;
    server.on('data', (data) => {
      if (!swallowing) client.write(data);
      else client.write(answer);
      swallowing = false;
    });
    client.on('data', (request) => {
      isArmed ||= request.includes(AFTER);
      const text = request.toString('latin1', 5, 18);
      const attributes = text.startsWith(NO_ATTRIBUTES) ? NO_ATTRIBUTES : '';
      const begins = (pattern: RegExp) => pattern.test(text.slice(attributes.length));
      const first = refused === 0 && isArmed && begins(/^COMMIT/);
      const later =
        refused > 0 && refusal.forGood && request[4] === COM_QUERY && !begins(/^S(ET|HOW)/);
      if (!first && !later) {
        server.write(request);
        return;
      }
      refused += 1;
      // What the client is told, the server does: it rolls back.
      swallowing = true;
      server.write(query(`${attributes}ROLLBACK`));
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('end', () => to.end());
    }
  };
  return withProxy(url, wire, (through) => use(through.href, () => refused));
}

/** The packet of a short statement. */
function query(text: string): Buffer {
  const body = Buffer.from(`\x03${text}`, 'latin1');
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);
}

/** The answer to the first packet of a command. */
function errorPacket({ errno, sqlState, message }: Refusal): Buffer {
  const body = Buffer.from(`\xff\x00\x00#${sqlState}${message}`, 'latin1');
  body.writeUInt16LE(errno, 1);
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = 1;
  return Buffer.concat([header, body]);
}
