// Documents that --json prints, checked against their schema before a test reads them.
import { AssertionError } from 'node:assert';
import type { ChainHead } from '../../src/store/own/chain/chain-details.js';
import { jsonPieces } from '../../src/output/json-document.js';
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
  readonly publicKeyUid: string | null;
  readonly publicKeyReplacementUid: string | null;
  readonly generation: number | null;
  readonly nextDeadline: string | null;
  readonly skippedBecause: string | null;
  readonly error: ErrorDocument | null;
}

export interface RotateDocument {
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly ResultDocument[];
  readonly auditHeads: readonly ChainHead[];
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
  readonly store: string;
  readonly now: string;
  readonly keys: readonly (KeyDocument & { readonly verdict?: string })[];
  readonly count: number;
  readonly orphans?: readonly unknown[];
}

export interface TreeDocument {
  readonly uid: string;
  readonly state: string | null;
  readonly wrapping: string | null;
  readonly dependants: readonly TreeDocument[];
}

interface PolicyDocument {
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  readonly beforeEndSeconds: number | null;
  readonly overlapSeconds: number | null;
  readonly automatic: boolean | null;
  readonly keyset: string | null;
}

interface PolicyChangeDocument {
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly {
    readonly uid: string;
    readonly outcome: string;
    readonly rule: number | null;
    readonly before: PolicyDocument | null;
    readonly after: PolicyDocument | null;
    readonly deadline: string | null;
    readonly notice: string | null;
    readonly newlyDue: boolean;
    readonly error: ErrorDocument | null;
  }[];
  readonly unmatched: readonly string[];
  readonly conflicts: readonly { readonly uid: string; readonly rules: readonly number[] }[];
  readonly error: ErrorDocument | null;
}

/** The documents by the name of their schema. */
export interface Documents {
  readonly certificate: {
    readonly uid: string;
    readonly pem: string;
    readonly chain: readonly { readonly uid: string; readonly pem: string }[];
  };
  readonly config: {
    readonly file: string | null;
    readonly settings: readonly {
      readonly name: string;
      readonly value: unknown;
      readonly source: string;
      readonly from: string | null;
      readonly secret: boolean;
      readonly variable: string;
    }[];
    readonly warnings: readonly string[];
  };
  readonly 'config-check': {
    readonly file: string | null;
    readonly problems: readonly { readonly message: string; readonly hint?: string }[];
    readonly warnings: readonly string[];
    readonly connections:
      readonly { readonly name: string; readonly error: string | null }[] | null;
  };
  readonly 'policy-change': PolicyChangeDocument;
  readonly 'policy-export': {
    readonly rules: readonly Readonly<Record<string, unknown>>[];
    readonly keys: number;
    readonly untold: readonly string[];
  };
  readonly 'policy-list': {
    readonly keys: readonly (PolicyDocument & {
      readonly uid: string;
      readonly verdict: string;
      readonly deadline: string | null;
      readonly error: ErrorDocument | null;
    })[];
    readonly count: number;
    readonly unknown: readonly ErrorDocument[];
  };
  readonly 'due-list': DueListDocument;
  readonly error: { readonly error: ErrorDocument };
  readonly prune: {
    readonly dryRun: boolean;
    readonly tables: Readonly<
      Record<string, { readonly removed: number; readonly needed: number }>
    >;
  };
  readonly grants: {
    readonly grantee: string;
    readonly dialect: string;
    readonly init: readonly string[];
    readonly run: readonly string[];
  };
  readonly init: {
    readonly url: string;
    readonly store: string;
    readonly migrations: readonly string[];
    readonly copy: string | null;
    readonly configFile: string | null;
    readonly nextRun: Readonly<Record<string, unknown>>;
  };
  readonly key: { readonly key: KeyDocument; readonly notices?: readonly string[] };
  readonly 'certificate-bundle': {
    readonly certificates: readonly {
      readonly uid: string;
      readonly state: string;
      readonly because: string;
      readonly pem: string;
    }[];
  };
  readonly 'jwk-set': {
    readonly published: readonly {
      readonly uid: string;
      readonly state: string;
      readonly because: string;
      readonly kid: string;
    }[];
    readonly jwks: {
      readonly keys: {
        readonly kty: string;
        readonly kid: string;
        readonly use?: string;
        readonly alg?: string;
      }[];
    };
    readonly output?: { readonly file: string; readonly changed: boolean };
  };
  readonly 'key-list': { readonly keys: readonly KeyDocument[]; readonly count: number };
  readonly lineage: { readonly uid: string; readonly generations: readonly KeyDocument[] };
  readonly 'public-key': {
    readonly uid: string;
    readonly state: string;
    readonly algorithm: string | null;
    readonly pem: string;
  };
  readonly remove: {
    readonly url: string;
    readonly removed: readonly string[];
    readonly logEntries: number;
  };
  readonly rotate: RotateDocument;
  readonly tree: { readonly tree: TreeDocument; readonly mayBeDestroyed: boolean };
}

/** Parses a document, or takes one. @throws AssertionError if its schema has something against it. */
export function valid<Name extends keyof Documents>(name: Name, printed: unknown): Documents[Name] {
  // A long list in it is made while it is written.
  const isMade = typeof printed === 'object' && printed !== null;
  const text = isMade ? [...jsonPieces(printed)].join('') : printed;
  const document: unknown = typeof text === 'string' ? parse(text) : text;
  const errors = schemaErrors(name, document);
  if (errors.length === 0) return document as Documents[Name];
  throw new AssertionError({ message: `no valid ${name} document: ${errors.join('; ')}` });
}

export function errorOf(printed: unknown): ErrorDocument {
  return valid('error', printed).error;
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
