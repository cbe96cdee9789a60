// Mail by SMTP, with STARTTLS or TLS and a verified certificate. Loads the mailer only when there is a mail to send.
import { readFileSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import { ACCEPTED, failed, refused, unwell, type Attempt, type Message } from '../destination.js';
import { mailText } from './mail-text.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS after a plain greeting, or from the first byte; never none. */
  readonly security: 'starttls' | 'tls';
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly from: string;
  /** PEM; without it the authorities that Node trusts. */
  readonly caFile: string | null;
  readonly timeoutSeconds: number;
}

/** @throws KmsError InvalidConfiguration if the authorities cannot be read. */
export function smtpSender(
  server: SmtpServer,
  to: string,
): (message: Message, signal: AbortSignal) => Promise<Attempt> {
  const ca = server.caFile === null ? null : certificatesIn(server.caFile);
  return async (message, signal) => {
    const { createTransport } = await import('nodemailer');
    const { host, port, security, credentials, from } = server;
    const milliseconds = server.timeoutSeconds * 1000;
    const transport = createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      tls: { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
      ...(credentials === null
        ? {}
        : { auth: { user: credentials.username, pass: credentials.password } }),
      connectionTimeout: milliseconds,
      greetingTimeout: milliseconds,
      socketTimeout: milliseconds,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await transport.sendMail({
        from,
        to,
        ...mailText(message.events),
        messageId: `<${message.id}@${domainOf(from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      });
      return ACCEPTED;
    } catch (error) {
      return attemptOf(error, credentials?.password ?? null);
    } finally {
      transport.close();
    }
  };
}

export function certificatesIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new KmsError('InvalidConfiguration', `the ca_file ${path} cannot be read`, {
      hint: 'check its path and rights',
      cause,
    });
  }
}

function domainOf(address: string): string {
  return /@([^>@]+)>?$/.exec(address)?.[1] ?? 'kms.invalid';
}

/** A recipient or a mail that the server does not take is one thing, a server that takes none another. */
function attemptOf(error: unknown, password: string | null): Attempt {
  if (!(error instanceof Error)) return failed('the mailer failed');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const answer =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  const text = withoutSecret(`${code}: ${error.message.split('\n')[0] ?? ''}`, password);
  if (!['EENVELOPE', 'EMESSAGE'].includes(code)) return unwell(text);
  return answer !== null && answer >= 500 ? refused(text) : failed(text);
}

/** A server that is set up to annoy might send back what it was told. */
function withoutSecret(text: string, secret: string | null): string {
  if (secret === null || secret === '') return text;
  return text.replaceAll(secret, '…').replaceAll(Buffer.from(secret).toString('base64'), '…');
}
