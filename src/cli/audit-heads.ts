// Keeps the last rows of the chains that a command leaves in the log: for its document, and for the file of --audit-heads.
import { KmsError } from '../errors.js';
import { appendNamedFile, KEPT_FILE, type GrowingFile } from '../files/append-named-file.js';
import { headText } from '../report/audit/head-text.js';
import type { ChainHead } from '../store/own/chain/chain-details.js';

export interface AuditHeads {
  /** Appends what is added from now on to this file, if one is named. @throws KmsError InvalidArgument */
  keepIn(path: string | undefined): void;
  add(heads: readonly ChainHead[]): void;
  readonly all: readonly ChainHead[];
  /** Why they are not in the file, if they should be; null otherwise. */
  readonly failure: () => KmsError | null;
}

export function newAuditHeads(): AuditHeads {
  const all: ChainHead[] = [];
  let file: { readonly path: string; readonly file: GrowingFile } | null = null;
  let failure: KmsError | null = null;
  return {
    all,
    keepIn: (path) => {
      if (path !== undefined)
        file = { path, file: appendNamedFile('--audit-heads', path, KEPT_FILE) };
    },
    add: (heads) => {
      all.push(...heads);
      if (file === null || heads.length === 0) return;
      try {
        file.file.append(heads.map((head) => `${headText(head)}\n`).join(''));
      } catch (error) {
        if (!(error instanceof KmsError)) throw error;
        failure = unwritten(file.path, heads, error);
      }
    },
    failure: () => failure,
  };
}

function unwritten(path: string, heads: readonly ChainHead[], cause: KmsError): KmsError {
  return new KmsError(
    'OutputUnwritable',
    `the heads of the log are not in ${path}: ${cause.message}`,
    {
      hint: `what was done is done; write down: ${heads.map(headText).join(' ')}`,
      cause,
    },
  );
}
