// What the stand-in keeps of each request: what a test asks about.
import type { IncomingMessage } from 'node:http';
import { textOf, type Element } from './ttlv.js';

/** A request as it came. */
export interface Logged {
  /** Counted from 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  /** The outermost tag, `version`, or null if it is neither. */
  readonly operation: string | null;
  /** Of the object that is meant. */
  readonly uid: string | null;
  readonly body: string;
}

export function loggedRequest(number: number, request: IncomingMessage, body: string): Logged {
  const { method = '', url: path = '', headers } = request;
  const element = path === '/version' ? null : parsed(body);
  return {
    number,
    method,
    path,
    authorization: headers.authorization ?? null,
    operation: path === '/version' ? 'version' : (element?.tag ?? null),
    uid:
      element === null
        ? null
        : (textOf(element, 'UniqueIdentifier') ?? textOf(element, 'PrivateKeyUniqueIdentifier')),
    body,
  };
}

/** Returns the outermost element of a request; null if it is none. */
export function parsed(body: string): Element | null {
  try {
    return JSON.parse(body) as Element;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
