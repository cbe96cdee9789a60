// What rows of the log say of the objects that are written with them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Change } from '../../../src/flows/change.js';
import { canonicalJson } from '../../../src/kmip/canonical-json.js';
import { parseJson } from '../../../src/kmip/json.js';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import { rowDigest } from '../../../src/store/write/row-changes.js';
import {
  createdDetails,
  logDetails,
  MOST_LISTED,
  rewrappedDependants,
} from '../../../src/store/write/log-details.js';
import { created } from '../../support/log-entries.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const ROW = aSymmetricKey();
const rowOf = (uid: string): ObjectRow => ({ ...ROW, id: uid });
const retired = (uid: string) => {
  const before = rowOf(uid);
  return { kind: 'retire', before, after: { ...before, state: 'Deactivated' } } as const;
};
const made = (uid: string): Change => ({
  ...{ kind: 'create', row: rowOf(uid), systemTag: '_kk', replacedUid: uid },
});
const replacedText = ({ before, after }: ReturnType<typeof retired>) =>
  `{"after":"${rowDigest(after)}","before":"${rowDigest(before)}","changed":["State"],"uid":"${before.id}"}`;
const madeText = (uid: string) =>
  `{"after":"${rowDigest(rowOf(uid))}","before":null,"changed":[],"uid":"${uid}"}`;
const NONE = { dependants: rewrappedDependants(), givenUids: [] };

describe('log-details', () => {
  it('says of each object in canonical JSON what it was, what it is and what changed', () => {
    const log = created('a');
    const details = logDetails({ ...NONE, changes: [made('b'), retired('a')], ownRows: [log] });
    const text = `{"objects":[${madeText('b')},${replacedText(retired('a'))}]}`;
    assert.deepEqual([...details], [[log.row, text]]);
    assert.equal(canonicalJson(parseJson(text).value), text);
    assert.deepEqual(
      [...createdDetails([rowOf('b')], log).values()],
      [`{"objects":[${madeText('b')}]}`],
    );
  });

  it('gives an object to the row that names it, any other to the first', () => {
    const [first, second] = [created('a'), created('b')];
    const changes = [retired('b'), retired('c'), retired('a')];
    const details = logDetails({ ...NONE, changes, ownRows: [first, second] });
    const text = (...uids: string[]) =>
      `{"objects":[${uids.map((uid) => replacedText(retired(uid))).join(',')}]}`;
    assert.equal(details.get(first.row), text('c', 'a'));
    assert.equal(details.get(second.row), text('b'));
  });

  it('says which objects were given another owner', () => {
    const log = created('a');
    const details = logDetails({ ...NONE, changes: [], givenUids: ['x'], ownRows: [log] });
    const object = '{"after":null,"before":null,"changed":["Owner"],"uid":"x"}';
    assert.equal(details.get(log.row), `{"objects":[${object}]}`);
  });

  it(`lists ${MOST_LISTED} dependants, and of more only their number and a digest`, () => {
    const dependants = rewrappedDependants();
    const pairs = Array.from({ length: MOST_LISTED + 1 }, (_, index) => retired(`d-${index}`));
    dependants.add(pairs.slice(0, MOST_LISTED));
    const log = created('a');
    const unit = { ...NONE, changes: [], dependants, ownRows: [log] };
    const texts = pairs.map(replacedText);
    const listed = `{"objects":[${texts.slice(0, MOST_LISTED).join(',')}]}`;
    assert.equal(logDetails(unit).get(log.row), listed);
    dependants.add(pairs.slice(MOST_LISTED));
    const digest = createHash('sha256').update(texts.map((text) => `${text}\n`).join(''));
    const summary = `{"count":${pairs.length},"sha256":"${digest.digest('hex')}"}`;
    assert.equal(logDetails(unit).get(log.row), `{"dependants":${summary},"objects":[]}`);
  });

  it('refuses to write objects of which no row of the log tells', () => {
    assert.throws(() => logDetails({ ...NONE, changes: [retired('a')], ownRows: [] }), TypeError);
    assert.equal(logDetails({ ...NONE, changes: [], ownRows: [] }).size, 0);
  });
});
