// channel_binding=require: a login counts only if it is bound to the TLS connection, which keeps out whoever stands in
// between with a certificate of his own (RFC 5929). The driver binds it where the server offers that, but does not insist.
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

const BOUND = 'SCRAM-SHA-256-PLUS';

/** The driver's inner connection: it emits each message of the server. */
type Messages = Pick<EventEmitter, 'on'>;

/**
 * Ends the connection at the first step of a login that is not bound. Must be called before the driver listens, so that
 * it sends no password. Returns a check for when the driver is done: a server may ask for no login at all.
 */
export function requireChannelBinding(connection: Messages, stream: () => Duplex): () => void {
  let isBound = false;
  const refuse = () => {
    stream().destroy(notBound());
  };
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    isBound = mechanisms.includes(BOUND);
    if (!isBound) refuse();
  });
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  return () => {
    if (!isBound) throw notBound();
  };
}

function notBound(): Error {
  const error = new Error('the login is not bound to the TLS connection');
  return Object.assign(error, { code: 'CHANNEL_NOT_BOUND' });
}
