// Sends mail by SMTP, with STARTTLS or TLS and a verified certificate. Loads nodemailer only when there is a mail to
// send.
import { hostname } from 'node:os';
import type { Transporter } from 'nodemailer';
import { ACCEPTED, type SendResult, type Message } from '../destination.js';
import { mailText } from './mail-text.js';
import { smtpFailure } from './smtp-failure.js';
import { domainOf, greetingName, type SmtpServer } from './smtp-server.js';

/** Returns the sender of mails to an address. */
export function smtpSender(
  server: SmtpServer,
  to: string,
): (message: Message, signal: AbortSignal) => Promise<SendResult> {
  return async (message, signal) => {
    const { from } = server;
    return overTransport(server, (transport) =>
      transport.sendMail({
        from,
        to,
        ...mailText(message.events),
        messageId: `<${message.id}@${domainOf(from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      }),
    );
  };
}

/** Greets a server, turns on TLS and logs in. */
export function connectSmtp(server: SmtpServer): Promise<SendResult> {
  return overTransport(server, (transport) => transport.verify());
}

async function overTransport(
  server: SmtpServer,
  use: (transport: Transporter) => Promise<unknown>,
): Promise<SendResult> {
  const { createTransport } = await import('nodemailer');
  const { host, port, security, credentials, ca } = server;
  // A little less than the time limit of the whole, so that the mailer says what it waited for.
  const milliseconds = server.timeoutSeconds * 900;
  const transport = createTransport({
    host,
    port,
    name: greetingName(server, hostname()),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    tls: { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
    ...(credentials === null
      ? {}
      : { auth: { user: credentials.username, pass: credentials.password } }),
    connectionTimeout: milliseconds,
    // It starts with that of the socket, which could say less of what went wrong.
    greetingTimeout: milliseconds * 0.9,
    socketTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await use(transport);
    return ACCEPTED;
  } catch (error) {
    return smtpFailure(error, server);
  } finally {
    transport.close();
  }
}
