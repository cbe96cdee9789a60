// Reads a document of kms.report/v1 that an earlier `kms report --json` printed, as far as a comparison needs it.
import { readFileSync } from 'node:fs';
import { KmsError } from '../../../errors.js';
import { systemCodeOf } from '../../../files/system-error.js';

/** What a comparison needs of a report, in the members of its document. */
export interface ComparableReport {
  readonly now: string;
  readonly store: string;
  /** The random id of the store; null if nobody knows it. */
  readonly storeId: string | null;
  readonly filters: object;
  readonly rules: Readonly<Record<string, unknown>>;
  readonly keys: Iterable<{
    readonly uid: string;
    readonly shortcomings: readonly { readonly name: string }[];
  }>;
  readonly findings: readonly { readonly code: string; readonly uids: readonly string[] }[];
}

/** @throws KmsError InvalidArgument for a file that cannot be read, or is no such document. */
export function readOldReport(path: string): ComparableReport {
  const report = parsed(path, textOf(path));
  if (isComparable(report)) return { ...report, storeId: report.storeId ?? null };
  throw unusable(path, 'is no report of kms');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const code = systemCodeOf(cause);
    throw unusable(path, `cannot be read${code === null ? '' : ` (${code})`}`, cause);
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unusable(path, 'is not JSON', cause);
  }
}

/** Checks all that is read below, as the file may be anybody’s. */
function isComparable(
  value: unknown,
): value is ComparableReport & { readonly storeId?: string | null } {
  if (!isRecord(value) || value['schema'] !== 'kms.report/v1') return false;
  const { now, store, storeId = null, filters, rules, keys, findings } = value;
  return (
    isText(now) &&
    !Number.isNaN(Date.parse(now)) &&
    isText(store) &&
    (storeId === null || isText(storeId)) &&
    isRecord(filters) &&
    isRecord(rules) &&
    isListOf(keys, (key) => isText(key['uid']) && isListOf(key['shortcomings'], hasName)) &&
    isListOf(
      findings,
      ({ code, uids }) => isText(code) && Array.isArray(uids) && uids.every(isText),
    )
  );
}

function hasName({ name }: Readonly<Record<string, unknown>>): boolean {
  return isText(name);
}

function isListOf(
  value: unknown,
  fits: (item: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  return Array.isArray(value) && value.every((item) => isRecord(item) && fits(item));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function unusable(path: string, why: string, cause?: unknown): KmsError {
  return new KmsError('InvalidArgument', `--compare ${path}: it ${why}`, {
    hint: 'name a file that kms report --json > FILE wrote',
    ...(cause === undefined ? {} : { cause }),
  });
}
