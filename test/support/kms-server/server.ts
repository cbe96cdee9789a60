// A stand-in for a key server whose key encryption key lies in an HSM: it answers over HTTP or HTTPS as the living one
// did (golden/hsm-exchanges.json) and writes the store as that does, in two transactions, with its cache. It knows no
// key, and misbehaves as it is told. No assertions here.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from '../certificates.js';
import type { Answer, Fault } from './faults.js';
import { loggedRequest, parsed, type Logged } from './logged.js';
import { structure, textString } from './ttlv.js';
import { carryOut, Refusal, type Server, type Step } from './operations.js';
import { openRows, type Rows } from './rows.js';

const VERSION = '5.26.0 (OpenSSL 3.6.3 9 Jun 2026-non-FIPS)';

export interface KmsServerOptions {
  /** The store it writes to: a path, or a URL. */
  readonly store: string;
  /** Unix seconds; 2026-02-20T08:00:00Z unless told. */
  readonly now?: () => number;
  readonly newUid?: () => string;
  readonly kek?: string;
  /** Who asks, if there are no tokens and no client certificates. */
  readonly user?: string;
  /** Bearer tokens and whose they are; any other is refused. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** With it, HTTPS. */
  readonly certificate?: Certificate;
  /** PEM file of who signs clients' certificates; with it a client must have one, and its common name is the user. */
  readonly clientCa?: string;
  /** What goes wrong with a request; null: nothing. */
  readonly fault?: (request: Logged) => Fault | null;
}

export interface KmsServer {
  /** Without a path, as `server.url` takes it. */
  readonly url: string;
  readonly requests: readonly Logged[];
  /** What was asked for, as `ReKey plain`, in order. */
  asked(operation?: string): readonly string[];
  /** What it did, or began to do, of that. */
  readonly done: readonly string[];
  fault: (request: Logged) => Fault | null;
  hsmOpen: boolean;
  /** Does something as if it had been asked. */
  carryOut(operation: 'ReKey' | 'ReKeyKeyPair', uid: string): Promise<void>;
  /** Puts an object into its cache, as a client that reads it does. */
  remember(uid: string): Promise<void>;
  /** Returns whether it still listens: a fault may have killed it. */
  isUp(): boolean;
  /** Cuts every connection; nobody listens any more. */
  kill(): Promise<void>;
  /** Listens again on the port it had, with an empty cache. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** 2026-02-20T08:00:00Z */
const FEBRUARY = 1_771_574_400;

/** Whether what it does goes on once the connection is cut. */
class Cut extends Error {}

export async function startKmsServer(options: KmsServerOptions): Promise<KmsServer> {
  const rows = await openRows(options.store);
  const requests: Logged[] = [];
  const done: string[] = [];
  const sockets = new Set<Socket>();
  let http = listener();
  let port = await listen(http, 0);

  const server: KmsServer = {
    url: `${options.certificate === undefined ? 'http' : 'https'}://localhost:${port}`,
    requests,
    done,
    asked: (operation) =>
      requests
        .filter((one) => operation === undefined || one.operation === operation)
        .map((one) => `${one.operation ?? one.path} ${one.uid ?? ''}`.trimEnd()),
    fault: options.fault ?? (() => null),
    hsmOpen: true,
    carryOut: async (operation, uid) => {
      const tag = operation === 'ReKey' ? 'UniqueIdentifier' : 'PrivateKeyUniqueIdentifier';
      const request = structure(operation, textString(tag, uid));
      await carryOut(acting(rows, options.user ?? 'ops@example.org', null), request);
    },
    remember: async (uid) => {
      await rows.read(uid);
    },
    isUp: () => http.listening,
    kill: async () => {
      if (!http.listening) return;
      const closed = once(http, 'close');
      http.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restart: async () => {
      await server.kill();
      rows.forget();
      http = listener();
      port = await listen(http, port);
    },
    close: async () => {
      await server.kill();
      await rows.close();
    },
  };
  return server;

  function listener(): TlsServer | ReturnType<typeof createServer> {
    const handler = (request: IncomingMessage, response: ServerResponse) => {
      void handle(request, response);
    };
    const { certificate, clientCa } = options;
    const made =
      certificate === undefined
        ? createServer(handler)
        : createTlsServer(
            {
              cert: readFileSync(certificate.cert),
              key: readFileSync(certificate.key),
              ...(clientCa === undefined
                ? {}
                : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
            },
            handler,
          );
    made.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    });
    return made;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const logged = loggedRequest(requests.length + 1, request, Buffer.concat(chunks).toString());
    requests.push(logged);
    const fault = server.fault(logged);
    try {
      const answer = await answerTo(logged, fault, userOf(request));
      if (answer !== null) send(response, answer, fault);
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      response.destroy();
    }
  }

  async function answerTo(
    logged: Logged,
    fault: Fault | null,
    user: string | null,
  ): Promise<Answer | null> {
    if (logged.path === '/version') return await versionOf(fault);
    if (logged.path !== '/kmip/2_1') return { status: 404, contentType: null, body: '' };
    if (user === null) return text(401, 'Access denied: the token is not valid');
    if (fault?.kind === 'answer' && !fault.carriedOut) return fault.answer;
    const once = () => carriedOut(logged, fault, user);
    const answer = await once();
    if (fault?.kind === 'carry-out-twice') await once();
    if (fault?.kind === 'hang') return null;
    return fault?.kind === 'answer' ? fault.answer : answer;
  }

  async function versionOf(fault: Fault | null): Promise<Answer | null> {
    if (fault?.kind === 'hang') return null;
    if (fault?.kind === 'answer') return fault.answer;
    await reached('received', fault);
    return { status: 200, contentType: 'application/json', body: JSON.stringify(VERSION) };
  }

  async function carriedOut(logged: Logged, fault: Fault | null, user: string): Promise<Answer> {
    const request = parsed(logged.body);
    if (request === null) {
      return text(422, 'Invalid Request: key must be a string at line 1 column 2');
    }
    try {
      await reached('received', fault);
      done.push(`${logged.operation ?? ''} ${logged.uid ?? ''}`);
      const body = await carryOut(acting(rows, user, fault), request);
      return { status: 200, contentType: 'application/json', body: JSON.stringify(body) };
    } catch (error) {
      if (error instanceof Cut) throw error;
      if (error instanceof Refusal) return text(error.status, error.message);
      // As when a uid is taken already: the insert fails on the primary key.
      return text(500, 'Internal server error');
    }
  }

  function acting(of: Rows, user: string, fault: Fault | null): Server {
    return {
      rows: of,
      user,
      kek: options.kek ?? 'hsm::540524040::kek',
      now: () => dateOf((options.now ?? (() => FEBRUARY))()),
      newUid: options.newUid ?? randomUUID,
      hsmOpen: server.hsmOpen,
      at: (step) => reached(step, fault),
    };
  }

  async function reached(step: Step, fault: Fault | null): Promise<void> {
    if (fault === null || !('at' in fault) || fault.at !== step) return;
    if (fault.kind === 'call') {
      await fault.call();
      return;
    }
    if (fault.kind === 'hang') await new Promise(() => undefined);
    if (fault.kind === 'die') await server.kill();
    throw new Cut(`cut at ${step}`);
  }

  function userOf(request: IncomingMessage): string | null {
    if (options.tokens !== undefined) {
      const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      return options.tokens[token] ?? null;
    }
    if (options.clientCa !== undefined && request.socket instanceof TLSSocket) {
      return String(request.socket.getPeerCertificate().subject.CN);
    }
    return options.user ?? 'ops@example.org';
  }
}

function send(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  const { status, contentType, body, headers = {} } = answer;
  const type = contentType === null ? {} : { 'content-type': contentType };
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...type, 'content-length': length, ...headers });
  if (fault?.kind === 'cut') {
    response.write(body.slice(0, length / 2), () => response.destroy());
    return;
  }
  const { socket } = response;
  response.end(body, () => {
    if (fault?.kind !== 'answer-twice') return;
    const head = `HTTP/1.1 ${status} OK\r\ncontent-type: ${contentType ?? ''}`;
    socket?.write(`${head}\r\ncontent-length: ${length}\r\n\r\n${body}`);
  });
}

function text(status: number, line: string): Answer {
  return { status, contentType: 'text/html; charset=utf-8', body: line };
}

function dateOf(unixSeconds: number): readonly number[] {
  const instant = new Date(unixSeconds * 1000);
  const year = instant.getUTCFullYear();
  const day = Math.floor((instant.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const time = [instant.getUTCHours(), instant.getUTCMinutes(), instant.getUTCSeconds()];
  return [year, day, ...time, 0, 0, 0, 0];
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
