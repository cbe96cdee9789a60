// Why a mail could not be sent: one sentence with what to do, and whether another attempt, or another mail, may succeed.
import { failed, refused, unavailable, type SendResult } from '../destination.js';
import type { SmtpServer } from './smtp-server.js';

/** A refused recipient or message fails alone; any other error means that the server is unavailable. */
export function smtpFailure(error: unknown, server: SmtpServer): SendResult {
  if (!(error instanceof Error)) return failed('the mailer failed');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const answer =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  const said = `${code}: ${error.message.split('\n')[0] ?? ''}`;
  const known = MEANINGS.find(({ pattern }) => pattern.test(said));
  const text = known === undefined ? said : `${known.sentence(server)} (${said})`;
  const shown = withoutSecret(text, server.credentials?.password ?? null);
  const isAboutThisMail = ['EENVELOPE', 'EMESSAGE'].includes(code) && known === undefined;
  if (!isAboutThisMail) return unavailable(shown);
  return answer !== null && answer >= 500 ? refused(shown) : failed(shown);
}

interface Meaning {
  /** Of code and message. */
  readonly pattern: RegExp;
  readonly sentence: (server: SmtpServer) => string;
}

/** The first that matches counts. All of them are troubles of the server or of the settings, not of one mail. */
const MEANINGS: readonly Meaning[] = [
  {
    pattern: /^E(?:ENVELOPE|MESSAGE|PROTOCOL).*\b(?:helo|ehlo)\b/i,
    sentence: () =>
      'the mail server does not take the name that kms greets it with; set notify.smtp.name',
  },
  {
    pattern: /^ETLS:|STARTTLS/,
    sentence: ({ port }) =>
      `the mail server offers no STARTTLS at port ${port}; set notify.smtp.security to "tls" and the port of TLS, often 465`,
  },
  {
    pattern: /wrong version number|packet length too long|unknown protocol|record layer failure/i,
    sentence: ({ port }) =>
      `port ${port} does not speak TLS from the start; set notify.smtp.security to "starttls"`,
  },
  {
    pattern: /self-signed certificate|unable to (?:get|verify)|SELF_SIGNED|UNABLE_TO/,
    sentence: () =>
      'kms does not know the authority of the mail server’s certificate; name its file in notify.smtp.ca_file',
  },
  {
    pattern: /altnames/,
    sentence: ({ host }) =>
      `the mail server’s certificate is not for ${host}; set notify.smtp.host to a name in it`,
  },
  {
    pattern: /certificate has expired|CERT_HAS_EXPIRED/,
    sentence: () => 'the mail server’s certificate has expired; renew it there',
  },
  {
    pattern: /greeting never received|EGREETING/i,
    sentence: ({ port, security }) =>
      security === 'tls'
        ? `the mail server does not greet at port ${port}; check notify.smtp.port`
        : `the mail server does not greet at port ${port}; if that is a port of TLS from the start, set notify.smtp.security to "tls"`,
  },
  {
    pattern: /^EAUTH.*(?:\b50[34]\b|5\.7\.139|unrecognized auth|unsupported auth|oauth)/i,
    sentence: () =>
      'the mail server takes no login by user name and password; kms speaks PLAIN, LOGIN and CRAM-MD5, not OAuth 2: use a relay or an account that takes one of them',
  },
  {
    pattern: /^EAUTH/,
    sentence: () =>
      'the mail server refuses the login; check notify.smtp.username and notify.smtp.password',
  },
  {
    pattern: /ECONNREFUSED/,
    sentence: ({ host, port }) =>
      `nothing listens at ${host}:${port}; check notify.smtp.host and notify.smtp.port`,
  },
  {
    pattern: /^EDNS|ENOTFOUND|EAI_AGAIN/,
    sentence: ({ host }) => `the name ${host} cannot be resolved; check notify.smtp.host`,
  },
];

/** A hostile server could repeat the password in its answer. */
function withoutSecret(text: string, secret: string | null): string {
  if (secret === null || secret === '') return text;
  return text.replaceAll(secret, '…').replaceAll(Buffer.from(secret).toString('base64'), '…');
}
