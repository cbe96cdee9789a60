// What is tried to connect to a server, in order: each of its hosts, and on each what its sslmode allows.
import type { ServerAddress, ServerUrl } from './url/server-url.js';
import { tlsAttempts, type TlsOptions } from './tls.js';

export interface ConnectionAttempt {
  readonly address: ServerAddress;
  /** Null without TLS. */
  readonly tls: TlsOptions | null;
}

/** @throws KmsError InvalidConfiguration for a file of TLS that cannot be used. */
export function connectionAttempts(server: ServerUrl): readonly ConnectionAttempt[] {
  const ways = tlsAttempts(server.tls);
  return server.hosts.flatMap((host) => {
    const address = { ...server.address, ...host };
    // PostgreSQL speaks no TLS over a unix socket, and libpq does not ask for it there.
    const isPlain = host.socket !== null && server.dialectName === 'postgresql';
    const these = isPlain ? [null] : ways;
    return these.map((tls) => ({ address, tls }));
  });
}
