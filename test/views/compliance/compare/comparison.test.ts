// What became better or worse between two reports on one store.
import assert from 'node:assert/strict';
import { KmsError } from '../../../../src/errors.js';
import { compareReports } from '../../../../src/views/compliance/compare/comparison.js';
import type { ComparableReport } from '../../../../src/views/compliance/compare/old-report.js';
import { comparisonSection } from '../../../../src/views/compliance/compare/comparison-words.js';

type Keys = Readonly<Record<string, readonly string[]>>;

const report = (keys: Keys, changes: Partial<ComparableReport> = {}): ComparableReport => ({
  now: '2026-01-10T08:00:00Z',
  store: 'kms-3f2a9c1b',
  storeId: 'an id',
  filters: { owner: null, tags: [], type: null },
  rules: { hsm: 'fail', minimumStrengthBits: 112 },
  keys: Object.entries(keys).map(([uid, names]) => ({
    uid,
    shortcomings: names.map((name) => ({ name })),
  })),
  findings: [],
  ...changes,
});

const BEFORE: Keys = {
  fixed: ['weak', 'overdue'],
  rotated: ['overdue'],
  replaced: [],
  steady: ['weak'],
  swapped: ['no-policy'],
  spoilt: [],
};
const AFTER: Keys = {
  fixed: ['weak'],
  replacement: [],
  steady: ['weak'],
  swapped: ['overdue'],
  spoilt: ['expired'],
  fresh: ['no-policy'],
};

describe('a comparison of two reports', () => {
  it('says object by object what became better or worse, what is worse first', () => {
    const { keys } = compareReports(report(BEFORE), report(AFTER));
    assert.deepEqual(
      keys.map(({ uid, direction, presence, resolved, appeared }) => [
        ...[uid, direction, presence, resolved.join(), appeared.join()],
      ]),
      [
        ['fresh', 'worse', 'new', '', 'no-policy'],
        ['spoilt', 'worse', 'both', '', 'expired'],
        ['swapped', 'mixed', 'both', 'no-policy', 'overdue'],
        ['fixed', 'better', 'both', 'overdue', ''],
        ['rotated', 'better', 'gone', 'overdue', ''],
      ],
    );
  });

  it('says it in sum, also of keys without a reason', () => {
    const { summary } = compareReports(report(BEFORE), report(AFTER));
    assert.deepEqual(summary, {
      keys: { before: 6, after: 6 },
      nonCompliant: { before: 4, after: 5 },
      ...{ better: 2, worse: 2, mixed: 1, new: 2, gone: 2 },
      byShortcoming: {
        expired: { before: 0, after: 1 },
        'no-policy': { before: 1, after: 1 },
        overdue: { before: 2, after: 1 },
        weak: { before: 2, after: 2 },
      },
    });
  });

  it('names rules that changed, and what doctor finds or no longer finds', () => {
    const one = { code: 'keyset', uids: ['a', 'b'] };
    const other = { code: 'keyset', uids: ['c'] };
    const before = report({}, { findings: [one], rules: { hsm: 'fail' } });
    const after = report({}, { findings: [other] });
    const { changedRules, findings } = compareReports(before, after);
    assert.deepEqual(changedRules, ['minimumStrengthBits']);
    assert.deepEqual(findings, { resolved: [one], appeared: [other] });
  });

  it('is nothing between a report and itself', () => {
    const { keys, findings, changedRules } = compareReports(report(BEFORE), report(BEFORE));
    assert.deepEqual([keys, findings.appeared, findings.resolved, changedRules], [[], [], [], []]);
  });

  for (const [title, before, message] of [
    ['another store', { storeId: 'another' }, /of the store/],
    ['another store without an id', { storeId: null, store: 'other' }, /other.*kms-3f2a9c1b/],
    ['other filters', { filters: { owner: 'ops', tags: [], type: null } }, /has the filters/],
    ['a later time', { now: '2026-01-10T08:00:01Z' }, /which is after/],
  ] as readonly (readonly [string, Partial<ComparableReport>, RegExp])[]) {
    it(`is refused for a report of ${title}: InvalidArgument`, () => {
      assert.throws(
        () => compareReports(report({}, before), report({})),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidArgument' &&
          message.test(error.message),
      );
    });
  }

  it('takes a store by its id, not by a label that a setting changed', () => {
    compareReports(report({}, { store: 'renamed' }), report({}));
  });

  it('shows on a page texts of others as they are', () => {
    const html = [...comparisonSection(compareReports(report({}), report({ '<b>': ['weak'] })))];
    assert.match(html.join('\n'), /<td>&lt;b&gt;<\/td><td>new, weak<\/td>/);
  });
});
