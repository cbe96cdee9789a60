// What `kms doctor UID` prints of the evidence about one object.
import type { Terminal } from '../output/terminal.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import { printable } from '../text/printable.js';
import type { Evidence } from './evidence.js';

export function* evidenceLines(evidence: Evidence, { paint }: Terminal): Generator<string> {
  const { uid, object, namedBy, certificates, dependants, tags, grants, log } = evidence;
  yield paint.bold(printable(uid));
  if (object === null) yield '  no object has this uid';
  else {
    yield `  ${object.objectType ?? 'unreadable'}, ${object.state ?? 'without a state'}, of ${printable(object.owner ?? 'nobody')}`;
    if (object.unreadable !== null) yield `  ${paint.red(printable(object.unreadable))}`;
    if (object.wrappingKeyUid !== null) yield `  wrapped by ${printable(object.wrappingKeyUid)}`;
    if (object.replaces !== null) yield `  replaces ${printable(object.replaces)}`;
    if (object.replacedBy !== null) yield `  replaced by ${printable(object.replacedBy)}`;
  }
  yield* section('named by', namedBy, (one) => `${one.uid} (${one.link})`);
  yield* section('certificates', certificates, (one) => one);
  yield* section('wraps', dependants, (one) => one);
  yield* section('wraps, by their bytes alone', evidence.dependantsByBytes, (one) => one);
  yield* section('tags', tags, (one) => one);
  yield* section('grants', grants, (one) => `${one.user}: ${one.permissions}`);
  if (log === null) yield '  no rotation log: kms init adds one';
  else yield* section('log', log, entryText);
}

/** How many of a list people see; the document has all. */
const SHOWN = 50;

function* section<Item>(
  title: string,
  items: readonly Item[],
  text: (item: Item) => string,
): Generator<string> {
  if (items.length === 0) {
    yield `  ${title}: nothing`;
    return;
  }
  yield `  ${title}:`;
  for (const item of items.slice(0, SHOWN)) yield `    ${printable(text(item))}`;
  if (items.length > SHOWN) yield `    and ${items.length - SHOWN} more: --json has all`;
}

function entryText({ at, uid, outcome, replacementUid, reason, message }: LogEntry): string {
  const rest = [reason, message].filter((part) => part !== null).join(': ');
  const by = replacementUid === null ? '' : ` -> ${replacementUid}`;
  return `${at} ${outcome} ${uid}${by}${rest === '' ? '' : `, ${rest}`}`;
}
