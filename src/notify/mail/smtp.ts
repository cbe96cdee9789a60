// Sends mail by SMTP, with STARTTLS or TLS and a verified certificate. Loads nodemailer only when there is a mail to
// send.
import { readCaFile } from '../ca-file.js';
import {
  ACCEPTED,
  failed,
  refused,
  unavailable,
  type SendResult,
  type Message,
} from '../destination.js';
import { mailText } from './mail-text.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS after STARTTLS, or from the first byte; never without TLS. */
  readonly security: 'starttls' | 'tls';
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly from: string;
  /** A file of PEM; null for the authorities that Node trusts. */
  readonly caFile: string | null;
  readonly timeoutSeconds: number;
}

/** Returns the sender of mails to an address. @throws KmsError InvalidConfiguration if `caFile` cannot be read. */
export function smtpSender(
  server: SmtpServer,
  to: string,
): (message: Message, signal: AbortSignal) => Promise<SendResult> {
  const ca = server.caFile === null ? null : readCaFile(server.caFile);
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
      return resultOf(error, credentials?.password ?? null);
    } finally {
      transport.close();
    }
  };
}

function domainOf(address: string): string {
  return /@([^>@]+)>?$/.exec(address)?.[1] ?? 'kms.invalid';
}

/** A refused recipient or message fails alone; any other error means that the server is unavailable. */
function resultOf(error: unknown, password: string | null): SendResult {
  if (!(error instanceof Error)) return failed('the mailer failed');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const answer =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  const text = withoutSecret(`${code}: ${error.message.split('\n')[0] ?? ''}`, password);
  if (!['EENVELOPE', 'EMESSAGE'].includes(code)) return unavailable(text);
  return answer !== null && answer >= 500 ? refused(text) : failed(text);
}

/** A hostile server could repeat the password in its answer. */
function withoutSecret(text: string, secret: string | null): string {
  if (secret === null || secret === '') return text;
  return text.replaceAll(secret, '…').replaceAll(Buffer.from(secret).toString('base64'), '…');
}
