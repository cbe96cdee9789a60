// Documents that --json prints, checked against their schema before a test reads them.
import { AssertionError } from 'node:assert';
import { schemaErrors } from './schema.js';

export interface ErrorDocument {
  readonly reason: string;
  readonly message: string;
  readonly uid?: string;
  readonly hint?: string;
}

export interface ResultDocument {
  readonly uid: string;
  readonly outcome: string;
  readonly flow: string | null;
  readonly replacementUid: string | null;
  readonly generation: number | null;
  readonly nextDeadline: string | null;
  readonly skippedBecause: string | null;
  readonly error: ErrorDocument | null;
}

export interface RotateDocument {
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly ResultDocument[];
  readonly error: ErrorDocument | null;
}

export interface KeyDocument {
  readonly uid: string;
  readonly state: string | null;
  readonly generation: number;
  readonly error: ErrorDocument | null;
  readonly [member: string]: unknown;
}

export interface DueListDocument {
  readonly now: string;
  readonly keys: readonly (KeyDocument & { readonly verdict?: string })[];
  readonly count: number;
  readonly orphans?: readonly unknown[];
}

/** Parses a document, or takes one, and returns it. @throws AssertionError if its schema has something against it. */
export function valid<T>(name: string, printed: unknown): T {
  const document: unknown = typeof printed === 'string' ? parse(printed) : printed;
  const errors = schemaErrors(name, document);
  if (errors.length === 0) return document as T;
  throw new AssertionError({ message: `no valid ${name} document: ${errors.join('; ')}` });
}

export function errorOf(printed: unknown): ErrorDocument {
  return valid<{ error: ErrorDocument }>('error', printed).error;
}

export function rotateOf(printed: unknown): RotateDocument {
  return valid('rotate', printed);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AssertionError({ message: `not one JSON document: ${text.slice(0, 300)}` });
  }
}
