// By which key a chain may be sealed, as the newest row of the log tells.
import assert from 'node:assert/strict';
import { sealingKeyOf } from '../../../../src/store/own/chain/audit-keys.js';
import { keyStep } from '../../../../src/store/own/chain/key-rule.js';
import type { LogRow } from '../../../../src/store/own/chain/sealed-row.js';
import { sealedAfter } from '../../../support/chains.js';

const OURS = sealingKeyOf(Buffer.alloc(32, 1));
const OTHER = sealingKeyOf(Buffer.alloc(32, 2));
type Key = typeof OURS | null;

const CHAIN = '00000000-0000-4000-8000-000000000000';
const row = (key: Key, outcome = 'rotated', details: { to: string | null } | null = null) =>
  sealedAfter(
    undefined,
    {
      ...{ chain: CHAIN, outcome, uid: '', run: 1 },
      details: details === null ? null : { from: key?.id ?? null, ...details },
    },
    key?.bytes ?? null,
  );
const changed = (from: Key, to: Key) => row(from, 'key-changed', { to: to?.id ?? null });

const step = (newest: LogRow | null, ours: Key, keyed: LogRow | null = null) =>
  keyStep(
    { newest: () => Promise.resolve(newest), newestKeyed: () => Promise.resolve(keyed) },
    ours,
  );

const refused = (...[newest, ours, keyed, message]: [LogRow, Key, LogRow | null, RegExp]) =>
  assert.rejects(step(newest, ours, keyed), { reason: 'AuditKey', message });

describe('keyStep', () => {
  it('begins an empty log with any key or none', async () => {
    for (const key of [null, OURS]) assert.equal(await step(null, key), 'go-on');
  });

  it('goes on with the key that seals the newest row, or that a change brought in', async () => {
    assert.equal(await step(row(null), null), 'go-on');
    assert.equal(await step(row(OURS), OURS), 'go-on');
    assert.equal(await step(changed(OTHER, OURS), OURS), 'go-on');
    assert.equal(await step(changed(OURS, null), null), 'go-on');
  });

  it('brings a key in where rows have bare hashes, or no seal yet', async () => {
    assert.equal(await step(row(null), OURS), 'bring-in');
    assert.equal(
      await step({ ...row(null), chain: null, seq: null, hash: null }, OURS),
      'bring-in',
    );
    assert.equal(await step(row(null), OURS, changed(OURS, null)), 'bring-in');
    assert.equal(await step(changed(OTHER, null), OURS), 'bring-in');
  });

  it('brings it in only once: rows without a key that came after it change nothing', async () => {
    assert.equal(await step(row(null), OURS, row(OURS)), 'go-on');
    await refused(
      row(null),
      OURS,
      row(OTHER),
      /^the key \w{32} seals the rotation log, not \w{32}$/,
    );
  });

  it('refuses another key, and none where one is in force', async () => {
    await refused(row(OTHER), OURS, null, /seals the rotation log, not/);
    await refused(changed(OURS, OTHER), OURS, null, /seals the rotation log, not/);
    await refused(row(OURS), null, null, /, and audit\.key_file is not set$/);
    await refused(changed(null, OURS), null, null, /, and audit\.key_file is not set$/);
  });

  it('refuses a newest row that the key did not seal as it stands', async () => {
    const forged = (one: LogRow) => ({ ...one, host: 'forged' });
    await refused(forged(row(OURS)), OURS, null, /it was altered$/);
    await refused({ ...row(OURS), hash: null }, OURS, null, /it was altered$/);
    await refused(row(null), OURS, forged(changed(OURS, null)), /it was altered$/);
  });
});
