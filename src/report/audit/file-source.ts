// The file of an export as JSONL, for a check of it. It is read three times, so that memory does not grow with it: for what
// its rows name, for the hashes of that, and for the check.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { KmsError } from '../../errors.js';
import { chainDetails, type ChainGap } from '../../store/own/chain/chain-details.js';
import type { LogRow } from '../../store/own/chain/sealed-row.js';
import { rowOfLine } from './export-line.js';
import { gapsOf } from './gaps.js';
import { rowKey, type FileSource } from './log-source.js';

/** @throws KmsError InvalidArgument if the file cannot be read, or has a line that is no row. */
export async function fileSource(path: string): Promise<FileSource> {
  const gaps: ChainGap[] = [];
  const named = new Set<string>();
  let hasFirst = false;
  let first: LogRow | null = null;
  let rows = 0;
  let confirmedRows = 0;
  for await (const page of pagesOf(path)) {
    for (const row of page) {
      const details = chainDetails(row);
      first ??= row;
      rows += 1;
      if (details?.kind === 'pruned') {
        gaps.push(...details.gaps);
        confirmedRows = rows;
      }
      if (details?.kind !== 'opened' && details?.kind !== 'pruned') continue;
      for (const head of details.heads) named.add(rowKey(head));
      hasFirst ||= details.kind === 'opened' && details.heads.length === 0;
    }
  }
  const hashes = new Map<string, string>();
  for await (const page of pagesOf(path)) {
    for (const { chain, seq, hash } of page) {
      if (chain === null || seq === null || hash === null) continue;
      const key = rowKey({ chain, seq });
      if (named.has(key)) hashes.set(key, hash);
    }
  }
  return {
    pages: pagesOf(path),
    isByChain: false,
    gaps,
    hashesAt: () => Promise.resolve(hashes),
    listed: null,
    // Only the opening of the very first chain names none, and an export from the beginning has it.
    isPart: !hasFirst,
    isOfPrune: first !== null && isIn(gaps, first),
    confirmedRows,
  };
}

/** Of what a prune has written the first row went, which no row of another export did. */
function isIn(gaps: readonly ChainGap[], { chain, seq }: LogRow): boolean {
  return chain !== null && seq !== null && gapsOf(gaps).around(chain, seq) !== undefined;
}

const PAGE_ROWS = 1000;

async function* pagesOf(path: string): AsyncGenerator<readonly LogRow[]> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let page: LogRow[] = [];
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      const row = rowOfLine(line);
      if (row === null) throw notAnExport(path, `line ${number} is no row of the log`);
      page.push(row);
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
  } catch (error) {
    throw error instanceof KmsError ? error : unreadable(path, error);
  }
  if (page.length > 0) yield page;
}

function notAnExport(path: string, what: string): KmsError {
  return new KmsError('InvalidArgument', `--file ${path}: ${what}`, {
    hint: 'give a file that kms audit export --format jsonl wrote',
  });
}

function unreadable(path: string, cause: unknown): KmsError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new KmsError('InvalidArgument', `--file ${path} cannot be read (${code})`, { cause });
}
