// The server of each kind that all tests share: the one that a variable names, else one that answers on the usual
// port, else a private one that ends with this process.
import { makeServer } from './private-servers.js';
import type { ServerKind } from './server-kinds.js';
import { sql } from './sql.js';

/** The URL of a server, or what is missing. */
export type SharedServer = { readonly url: string } | { readonly missing: string };

const found = new Map<string, Promise<SharedServer>>();

/** Looks once in a process. */
export function sharedServer(kind: ServerKind): Promise<SharedServer> {
  const looked = found.get(kind.variable) ?? findOrStart(kind);
  found.set(kind.variable, looked);
  return looked;
}

async function findOrStart(kind: ServerKind): Promise<SharedServer> {
  const named = process.env[kind.variable];
  if (named !== undefined) {
    if (await answers(kind, named)) return { url: named };
    return { missing: `a ${kind.name} server where ${kind.variable} says` };
  }
  if (await answers(kind, kind.usual)) return { url: kind.usual };
  if (!kind.isInstalled()) return { missing: `a ${kind.name} server, or its programs` };
  const server = await makeServer(kind);
  await server.start(kind.sharedSettings);
  return { url: server.url };
}

/** Says whether a server of this kind is there, not another one on its port. */
async function answers(kind: ServerKind, url: string): Promise<boolean> {
  try {
    const [row] = await sql<{ version: string }>(url, 'SELECT version() AS version');
    return kind.version.test(row?.version ?? '');
  } catch {
    return false;
  }
}
