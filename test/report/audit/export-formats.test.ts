import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { exportedLine } from '../../../src/report/audit/export-formats.js';
import { sealed, sealedAfter } from '../../support/chains.js';

const ROW = sealed(
  {
    ...sealedAfter(
      undefined,
      {
        chain: '5a0d1c7e-0000-4000-8000-000000000002',
        outcome: 'rotated',
        details: {},
        uid: 'k',
        run: 1,
      },
      null,
    ),
    uid: 'in|voices=1\\',
    replacementUid: 'in|voices=2',
    message: 'one\ntwo',
  },
  null,
);
const FAILED = { ...ROW, outcome: 'failed', reason: 'WrappingKeyNotActive', replacementUid: null };
const STORE = { ...ROW, outcome: 'chain-opened', uid: '', replacementUid: null, message: null };

describe('an export', () => {
  it('writes CEF with the escapes of header and extension', () => {
    assert.equal(
      exportedLine(ROW, 'cef'),
      String.raw`CEF:1|kms|kms-rotate|1.0.0|rotated|kms rotated in\|voices=1\\|3|rt=1767225660000 act=rotated outcome=success ` +
        String.raw`shost=host-1 suser=kms msg=one\ntwo externalId=5a0d1c7e-0000-4000-8000-000000000002 ` +
        String.raw`cs1=in|voices\=1\\ cs1Label=uid cs2=in|voices\=2 cs2Label=replacementUid cs3=run-1 cs3Label=run ` +
        `cs5=${ROW.hash} cs5Label=hash cn1=0 cn1Label=seq cn2=5 cn2Label=durationMs`,
    );
  });

  it('cuts what CEF would not take', () => {
    const line = exportedLine({ ...ROW, message: `${'a'.repeat(1022)}😀` }, 'cef');
    assert.ok(line.includes(`msg=${'a'.repeat(1022)} externalId=`));
  });

  it('writes OCSF events as the schema demands', () => {
    // Valid by PyPI’s ocsf-json-schema 1.2.0: class entity_management of version 1.3.0, profile host.
    const sample = readFileSync(new URL('ocsf-sample.jsonl', import.meta.url), 'utf8');
    const lines = [ROW, FAILED, STORE].map((row) => `${exportedLine(row, 'ocsf')}\n`);
    assert.equal(lines.join(''), sample);
  });
});
