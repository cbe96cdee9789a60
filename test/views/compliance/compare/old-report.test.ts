// Files that --compare names: reports of any version, and all that is none.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../../../../src/errors.js';
import { readOldReport } from '../../../../src/views/compliance/compare/old-report.js';
import { temporaryFolder } from '../../../support/temporary.js';

const REPORT = {
  schema: 'kms.report/v1',
  now: '2026-01-10T08:00:00Z',
  store: 'kms',
  filters: {},
  rules: {},
  keys: [{ uid: 'k', shortcomings: [{ name: 'weak', detail: '' }] }],
  findings: [{ code: 'keyset', uids: ['k'] }],
};

function read(content: string) {
  const path = join(temporaryFolder(), 'old.json');
  writeFileSync(path, content);
  return readOldReport(path);
}

describe('an earlier report', () => {
  it('may be of a version that knew no id of the store', () => {
    assert.equal(read(JSON.stringify(REPORT)).storeId, null);
    assert.equal(read(`\ufeff${JSON.stringify({ ...REPORT, storeId: 'x' })}`).storeId, 'x');
  });

  for (const content of [
    '',
    '{',
    'null',
    '[]',
    '{"schema": "kms.due-list/v1"}',
    ...Object.entries({
      now: 'yesterday',
      store: 1,
      storeId: {},
      filters: [],
      rules: null,
      keys: [{ uid: 'k' }],
      findings: [{ code: 'keyset', uids: [1] }],
    }).map(([name, value]) => JSON.stringify({ ...REPORT, [name]: value })),
  ]) {
    it(`is not ${content.slice(0, 60) || 'nothing'}`, () => {
      assert.throws(
        () => read(content),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidArgument' &&
          /^--compare .*old\.json: it is (not JSON|no report of kms)$/.test(error.message),
      );
    });
  }

  it('that is not there is named with the reason', () => {
    assert.throws(
      () => readOldReport('/no/such'),
      /--compare \/no\/such: it cannot be read \(ENOENT\)/,
    );
  });
});
