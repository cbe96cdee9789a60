// Objects that are Active after their end: conditions that are listed, and told of by nobody but the warnings.
import assert from 'node:assert/strict';
import { ACCEPTED } from '../../src/notify/destination.js';
import { runMetrics } from '../../src/telemetry/run-metrics.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { describeOnSqlite } from '../support/databases.js';
import { aCertificate } from '../support/dated-certificates.js';
import { runNotifying } from '../support/notified-runs.js';
import { aDestination } from '../support/outbox.js';
import { sql } from '../support/sql.js';
import type { SurveyFilters } from '../../src/survey/survey-filters.js';
import { openSuiteStore } from '../support/suite-store.js';
import { aSymmetricKey, dateOf, DAY, insertRows, JANUARY } from '../support/store.js';

const END = JANUARY + 60 * DAY;
const LATER = JANUARY + 365 * DAY;

describeOnSqlite('an end that has passed', (database) => {
  const opened = openSuiteStore(database);
  const heard: string[] = [];
  const destination = aDestination({
    send: ({ events: [event] }) => {
      if (event !== undefined && event.type !== 'kms.finished') heard.push(event.type);
      return Promise.resolve(ACCEPTED);
    },
  });
  const run = (now: number, filters: SurveyFilters = { tags: [] }) =>
    runNotifying(opened().store, now, [destination], {}, filters);
  const open = async () =>
    (await opened().store.openConditions()).map(({ kind, subject, reason, failures }) =>
      [kind, subject, reason, failures].join(' '),
    );
  beforeEach(() => heard.splice(0));

  it('of a certificate is listed and counted from the second after it, without exit code or message', async () => {
    await insertRows(opened().url, [aCertificate()]);
    await run(END);
    assert.deepEqual(await open(), []);
    const report = await run(END + 1);
    await run(END + DAY);
    assert.deepEqual(await open(), ['end-passed cert-1 CertificateExpired 2']);
    assert.deepEqual([exitCodeOfReport(report), heard], [0, []]);
    const command = { command: 'rotate due', ...{ runId: '', version: '', host: '', store: 's' } };
    const times = { originMs: 0, beganMs: 0, endedMs: 0, exitCode: 0, warnings: null } as const;
    const { standing } = runMetrics({ ...command, ...times, report }, { withUid: false });
    const labels = { kind: 'end-passed', reason: 'CertificateExpired' };
    assert.deepEqual(standing?.conditions, [[labels, 1]]);
  });

  for (const [how, change] of [
    ['gone', 'DELETE FROM objects'],
    ['retired', `UPDATE objects SET state = 'Deactivated'`],
  ] as const) {
    it(`is over, without a message, once it is ${how}`, async () => {
      await insertRows(opened().url, [aCertificate()]);
      await run(LATER);
      await sql(opened().url, change);
      await run(LATER + DAY);
      const [condition] = await opened().store.findConditions('cert-1');
      assert.deepEqual([condition?.resolved?.how, heard], [how, []]);
    });
  }

  it('of objects that no policy rotates is listed from their Deactivation Date on, unless they are replaced', async () => {
    const unarmed = (uid: string, members: object) =>
      aSymmetricKey({ uid, intervalSeconds: null }, { DeactivationDate: dateOf(END), ...members });
    const replacement = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'later' };
    await insertRows(opened().url, [
      unarmed('ended', {}),
      unarmed('later', { DeactivationDate: dateOf(END + 1) }),
      unarmed('not to encrypt', { DeactivationDate: undefined, ProtectStopDate: dateOf(END) }),
      unarmed('replaced', { Link: [replacement] }),
      unarmed('unreadable', { DeactivationDate: 'soon' }),
    ]);
    await run(END - 1);
    assert.deepEqual(await open(), []);
    const report = await run(END);
    assert.deepEqual(await open(), ['end-passed ended DeactivationDatePassed 1']);
    assert.deepEqual([exitCodeOfReport(report), heard], [0, []]);
  });

  it('is found and ended only by runs over the object', async () => {
    const key = aSymmetricKey(
      { uid: 'key', intervalSeconds: null },
      { DeactivationDate: dateOf(END) },
    );
    await insertRows(opened().url, [key]);
    const others = { owner: 'somebody else', tags: [] };
    await run(LATER, others);
    assert.deepEqual(await open(), []);
    await run(LATER);
    await run(LATER + DAY, others);
    assert.equal((await open()).length, 1);
    const moved = aSymmetricKey(
      { uid: 'key', intervalSeconds: null },
      { DeactivationDate: dateOf(LATER + 30 * DAY) },
    );
    await sql(
      opened().url,
      'UPDATE objects SET object = ?, attributes = ?',
      moved.object,
      moved.attributes,
    );
    await run(LATER + 2 * DAY, others);
    const [condition] = await opened().store.findConditions('key');
    assert.equal(condition?.resolved?.how, 'end-moved');
  });

  it('of a key that cannot be rotated is listed beside the failure', async () => {
    const ended = aSymmetricKey({ uid: 'key' }, { DeactivationDate: dateOf(END) });
    const unsupported = (text: string) => text.replaceAll('"AES"', '"RC4"');
    const broken = {
      ...ended,
      object: unsupported(ended.object),
      attributes: unsupported(ended.attributes),
    };
    await insertRows(opened().url, [broken]);
    await run(LATER);
    assert.deepEqual((await open()).sort(), [
      'end-passed key DeactivationDatePassed 1',
      'rotation-failed key Unsupported 1',
    ]);
    await sql(
      opened().url,
      'UPDATE objects SET object = ?, attributes = ?',
      ended.object,
      ended.attributes,
    );
    await run(LATER + DAY);
    assert.deepEqual(await open(), []);
    const found = await opened().store.findConditions('key');
    assert.deepEqual([...new Set(found.map(({ resolved }) => resolved?.how))], ['rotated']);
  });
});
