// A way to a database server that breaks at a chosen statement: a TCP proxy which cuts the connection when
// the client sends it, before the server has seen it or before the client has seen the answer.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Cut {
  /** What the statement begins with, as the driver sends it. */
  readonly statement: string;
  /** What must have been sent before. */
  readonly after?: string;
  /** `unsent`: the server never sees it. `unheard`: it is sent, and its answer cut off; `unawaited`: not even waited for. */
  readonly when: 'unsent' | 'unheard' | 'unawaited';
  /** How often; later connections are left alone. */
  readonly times: number;
  /** Whether nobody is let in after it. */
  readonly forGood?: boolean;
}

/** Hands over the URL of a proxy that cuts connections, and how often it has. */
export async function throughProxy<T>(
  url: string,
  cut: Cut,
  use: (url: string, cuts: () => number) => Promise<T>,
): Promise<T> {
  let cuts = 0;
  let armed = cut.after === undefined;
  const wire = (client: Socket, server: Socket) => {
    if (cut.forGood === true && cuts > 0) client.destroy();
    let deaf = false;
    server.on('data', (answer) => {
      if (deaf) client.destroy();
      else client.write(answer);
    });
    client.on('data', (request) => {
      armed ||= request.includes(cut.after ?? '');
      if (!armed || cuts === cut.times || !request.includes(cut.statement)) {
        server.write(request);
        return;
      }
      cuts += 1;
      if (cut.when !== 'unsent') server.write(request);
      if (cut.when === 'unheard') deaf = true;
      else client.destroy();
    });
  };
  return withProxy(url, wire, (through) => use(through.href, () => cuts));
}

/**
 * Opens a proxy before the server of a URL, hands over the URL that leads through it, and closes it. `wire` decides
 * what passes between the sockets of a connection.
 */
export async function withProxy<T>(
  url: string,
  wire: (client: Socket, server: Socket) => void,
  use: (through: URL) => Promise<T>,
): Promise<T> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.end();
      });
    }
    wire(client, server);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((proxy.address() as AddressInfo).port);
  try {
    return await use(through);
  } finally {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  }
}
