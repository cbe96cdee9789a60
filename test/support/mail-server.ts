// A real SMTP server with TLS, whose certificate an authority of the test has signed. No assertions here.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { makeAuthority } from './certificates.js';

export interface MailServer {
  readonly port: number;
  readonly caFile: string;
  readonly mails: readonly ReceivedMail[];
  close(): Promise<void>;
}

interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | null;
  readonly isEncrypted: boolean;
  /** Headers and parts, transfer encodings undone where they are quoted-printable. */
  readonly text: string;
}

interface Options {
  /** TLS from the first byte. */
  readonly secure?: boolean;
  readonly password?: string;
  /** Refuses recipients with this answer. */
  readonly refuseWith?: number;
  readonly names?: string;
  /** Whether it offers TLS at all. */
  readonly startTls?: boolean;
}

export async function startMailServer(options: Options = {}): Promise<MailServer> {
  const authority = makeAuthority('mail authority');
  const { cert, key } = authority.sign('localhost', { names: options.names ?? 'DNS:localhost' });
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    secure: options.secure ?? false,
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    authOptional: options.password === undefined,
    disabledCommands: options.startTls === false ? ['STARTTLS'] : [],
    onAuth: (auth, _session, done) => {
      if (auth.password === options.password) done(null, { user: auth.username ?? '' });
      else done(Object.assign(new Error(`no ${auth.password ?? ''}`), { responseCode: 535 }));
    },
    onRcptTo: (_address, _session, done) => {
      if (options.refuseWith === undefined) done();
      else done(Object.assign(new Error('not here'), { responseCode: options.refuseWith }));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: typeof session.user === 'string' ? session.user : null,
          isEncrypted: session.secure,
          text: decoded(Buffer.concat(chunks).toString()),
        });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  return { port, caFile: authority.cert, mails, close };
}

function decoded(text: string): string {
  const joined = text.replace(/=\r?\n/g, '');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
