// What a run changed and should not have: a row that it had no business with, or more of a re-wrapped one
// than its ciphertext and the name of its wrapping key.
import { isDeepStrictEqual } from 'node:util';
import type { RunReport } from '../../../src/report/run-report.js';
import type { StoredRow } from '../store.js';
import { relinking } from '../relinked.js';
import { KEY_WRAP_PADDING } from './aes-and-rsa.js';
import type { UnwrappedObject, UnwrappedStore } from './unwrap-store.js';

export function needlessChanges(
  before: UnwrappedStore,
  after: UnwrappedStore,
  { results }: Pick<RunReport, 'results'>,
): readonly string[] {
  const rotated = results.filter(({ outcome }) => outcome === 'rotated');
  const replaced = new Set(rotated.flatMap(({ uid }) => [uid, `${uid}_pk`]));
  const renewed = new Map(rotated.map(({ uid, replacementUid }) => [uid, replacementUid]));
  return [...before.objects.values()].flatMap((was) => {
    const is = after.objects.get(was.uid);
    if (is === undefined || replaced.has(was.uid)) return [];
    if (is.wrappingKeyUid === was.wrappingKeyUid) return untouched(was, is, renewed);
    return rewrapped(was, is);
  });
}

/** All but a column that did not say what the bytes say, and the link to a certificate that was renewed. */
function untouched(
  was: UnwrappedObject,
  is: UnwrappedObject,
  renewed: ReadonlyMap<string, string | null>,
): readonly string[] {
  const [from, to] = relinking(was.row, is.row) ?? [];
  if (to !== undefined && renewed.get(from ?? '') === to) return [];
  const corrected = is.column === is.wrappingKeyUid ? { wrapping_key_id: is.column } : {};
  const same = isDeepStrictEqual(parsed(is.row), parsed({ ...was.row, ...corrected }));
  return same ? [] : [`${was.uid}: changed without need`];
}

function rewrapped(was: UnwrappedObject, is: UnwrappedObject): readonly string[] {
  const faults: string[] = [];
  if (is.wrappingKeyMismatches)
    faults.push(`${was.uid}: re-wrapped under a label that is not that of its bytes`);
  const [one, other] = [withoutNames(was), withoutNames(is)];
  if (!isDeepStrictEqual(one, other)) {
    faults.push(`${was.uid}: re-wrapped with more changed: ${difference(one, other)}`);
  }
  if (isDeepStrictEqual(blockOf(was.row)['KeyValue'], blockOf(is.row)['KeyValue'])) {
    faults.push(`${was.uid}: the same ciphertext under another key`);
  }
  return faults;
}

type Members = Record<string, unknown>;

interface Parsed extends Omit<StoredRow, 'object' | 'attributes'> {
  readonly object: unknown;
  readonly attributes: Members;
}

function parsed(row: StoredRow): Parsed {
  return {
    ...row,
    object: JSON.parse(row.object) as unknown,
    attributes: JSON.parse(row.attributes) as Members,
  };
}

/** A row without ciphertext and without any name of its wrapping key. */
function withoutNames({ row, wrappingKeyMismatches }: UnwrappedObject): Parsed {
  const object = JSON.parse(row.object) as Record<string, { readonly KeyBlock: Members }>;
  const block = Object.values(object)[0]!.KeyBlock;
  delete block['KeyValue'];
  const data = block['KeyWrappingData'] as { readonly EncryptionKeyInformation: Members };
  const information = data.EncryptionKeyInformation;
  delete information['UniqueIdentifier'];
  const parameters = (information['CryptographicParameters'] ?? {}) as Members;
  // Bytes of RFC 5649 may go unlabelled, or by a wrong name, and are named when they are written.
  const unnamed = Object.keys(parameters).length === 0 || wrappingKeyMismatches;
  if (unnamed) parameters['BlockCipherMode'] = KEY_WRAP_PADDING;
  information['CryptographicParameters'] = parameters;
  const attributes = JSON.parse(row.attributes) as Members;
  attributes['Link'] = sorted(
    (attributes['Link'] as Members[]).filter(({ LinkType }) => LinkType !== 'WrappingKeyLink'),
  );
  attributes['Attribute'] = sorted(
    (attributes['Attribute'] as Members[]).map((one) =>
      one['AttributeName'] === 'wrapping_key_id' ? { ...one, AttributeValue: null } : one,
    ),
  );
  return { ...row, object, attributes, wrapping_key_id: null };
}

function sorted(members: readonly Members[]): readonly Members[] {
  const text = (one: Members) => JSON.stringify(Object.entries(one).sort());
  return [...members].sort((one, other) => (text(one) < text(other) ? -1 : 1));
}

function blockOf({ object }: StoredRow): Members {
  const content = JSON.parse(object) as Record<string, { readonly KeyBlock: Members }>;
  return Object.values(content)[0]!.KeyBlock;
}

function difference(one: Parsed, other: Parsed): string {
  const names = ['object', 'attributes', 'state', 'owner'] as const;
  return names
    .filter((name) => !isDeepStrictEqual(one[name], other[name]))
    .map((name) => `${name} ${JSON.stringify(one[name])} → ${JSON.stringify(other[name])}`)
    .join('; ');
}
