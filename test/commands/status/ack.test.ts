// `kms status ack`, `unack` and `show`: what acknowledging a failure changes, and which names they take.
import assert from 'node:assert/strict';
import DueList from '../../../src/commands/due/list.js';
import History from '../../../src/commands/history.js';
import RunReport from '../../../src/commands/report.js';
import Status from '../../../src/commands/status.js';
import StatusAck from '../../../src/commands/status/ack.js';
import StatusShow from '../../../src/commands/status/show.js';
import StatusUnack from '../../../src/commands/status/unack.js';
import { runCommand, runJson } from '../../support/command.js';
import { describeOnSqlite } from '../../support/databases.js';
import { errorOf } from '../../support/documents.js';
import { runNotifying } from '../../support/notified-runs.js';
import { aDestination } from '../../support/outbox.js';
import { schemaErrors } from '../../support/schema.js';
import { suiteStore } from '../../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, withStore } from '../../support/store.js';

const NOW = JANUARY + 365 * DAY;
const HOUR = 3600;

interface Listed {
  readonly nextTold: string | null;
  readonly acknowledged: { readonly because: string } | null;
}

interface Named {
  readonly id: string;
  readonly kind: string;
  readonly reason: string;
  readonly failures: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** A document that names what lasts, of each key or of the one that it is about. */
interface Naming {
  readonly keys?: readonly { readonly conditions: readonly Named[] }[];
  readonly conditions?: readonly Named[];
}

const aBadKey = () => aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' });

describeOnSqlite('kms status ack', (database) => {
  const storeUrl = suiteStore(database);
  const listedAt = async (now: number) => {
    const { document } = await runJson(Status, storeUrl(), [], now);
    return (document as { readonly conditions: readonly Listed[] }).conditions[0];
  };

  it('still lists what somebody has acknowledged, and says who and why; nobody is reminded', async () => {
    await insertRows(storeUrl(), [aBadKey()]);
    await withStore(storeUrl(), async (store) => {
      for (const now of [NOW, NOW + HOUR]) await runNotifying(store, now, [aDestination()]);
    });
    const argv = ['bad', '--for', '3d', '--reason', 'on it'];
    const { document } = await runJson(StatusAck, storeUrl(), argv, NOW + 2 * HOUR);
    assert.deepEqual(schemaErrors('condition', document), []);
    const heard: string[] = [];
    const destination = aDestination({ accepts: ({ type }) => heard.push(type) < 0 });
    await withStore(storeUrl(), (store) => runNotifying(store, NOW + 2 * DAY, [destination]));
    assert.deepEqual(heard, ['kms.finished']);
    const listed = await listedAt(NOW + 2 * DAY);
    assert.equal(listed?.acknowledged?.because, 'on it');
    assert.equal(listed.nextTold, '2027-01-13T10:00:00Z');
    const { exitCode } = await runCommand(Status, storeUrl(), ['--check'], NOW + 2 * DAY);
    assert.equal(exitCode, 1);
    await runJson(StatusUnack, storeUrl(), ['bad'], NOW + 2 * DAY);
    assert.equal((await listedAt(NOW + 2 * DAY))?.acknowledged, null);
  });

  for (const [name, command, schema, argv, html] of [
    ['kms due list --explain', DueList, 'due-list', ['--explain'], []],
    ['kms report', RunReport, 'report', [], ['--format', 'html']],
    ['kms history UID', History, 'history', ['bad'], []],
  ] as const) {
    it(`is what other views say of the key, too: ${name}`, async () => {
      await insertRows(storeUrl(), [aBadKey()]);
      await withStore(storeUrl(), async (store) => {
        for (const now of [NOW, NOW + HOUR]) await runNotifying(store, now, [aDestination()]);
      });
      const ack = ['bad', '--for', '3d', '--reason', 'on it'];
      await runJson(StatusAck, storeUrl(), ack, NOW + 2 * HOUR);
      const { document } = await runJson(command, storeUrl(), argv, NOW + 3 * HOUR);
      assert.deepEqual(schemaErrors(schema, document), []);
      const { keys, conditions } = document as Naming;
      const named = conditions ?? keys?.[0]?.conditions ?? [];
      const { document: status } = await runJson(Status, storeUrl(), [], NOW + 3 * HOUR);
      const [listed] = (status as { readonly conditions: readonly Named[] }).conditions;
      const { id, kind, reason, failures, firstSeen, lastSeen } = listed!;
      const acknowledgedUntil = '2027-01-13T10:00:00Z';
      const same = { id, kind, reason, failures, firstSeen, lastSeen, acknowledgedUntil };
      assert.deepEqual(named, [same]);
      const line = `rotation-failed for 1 h, 2 times, since ${firstSeen}, acknowledged until ${acknowledgedUntil} (${id})`;
      for (const flags of [[], html]) {
        const { stdout } = await runCommand(
          command,
          storeUrl(),
          [...argv, ...flags],
          NOW + 3 * HOUR,
        );
        const text = stdout.replace(/<\/?time[^>]*>/g, '');
        assert.ok(text.includes(line), text);
      }
    });
  }

  for (const [name, command] of Object.entries({ StatusShow, StatusUnack })) {
    it(`refuses a name that no failure has: ${name}`, async () => {
      const { exitCode, document } = await runJson(command, storeUrl(), ['nothing'], NOW);
      assert.deepEqual([exitCode, errorOf(document).reason], [4, 'UnknownUid']);
    });
  }
});
