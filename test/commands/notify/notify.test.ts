// `kms notify test`, `list` and `retry`, with a real receiver that the environment names.
import assert from 'node:assert/strict';
import RotateDue from '../../../src/commands/rotate/due.js';
import NotifyList from '../../../src/commands/notify/list.js';
import NotifyRetry from '../../../src/commands/notify/retry.js';
import NotifyTest from '../../../src/commands/notify/test.js';
import { runCommand, runJson } from '../../support/command.js';
import { startReceiver, type Answer, type Receiver } from '../../support/receiver.js';
import { schemaErrors } from '../../support/schema.js';
import { storeWith } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

const DUE = JANUARY + 31 * DAY;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('kms notify', () => {
  let receiver: Receiver;
  let answer: Answer;

  beforeEach(async () => {
    answer = { status: 200 };
    receiver = await startReceiver(() => answer);
    const webhook = `name = "siem", url = "${receiver.url}geheim", secret = "${SECRET}"`;
    process.env['KMS_NOTIFY_WEBHOOKS'] = `[{ ${webhook} }]`;
  });

  afterEach(async () => {
    delete process.env['KMS_NOTIFY_WEBHOOKS'];
    await receiver.close();
  });

  const rotatedStore = () => storeWith([aSymmetricKey()]);

  it('test sends one to each and says what happened', async () => {
    const { exitCode, document } = await runJson(NotifyTest, '/nowhere', []);
    assert.equal(exitCode, 0);
    assert.deepEqual(schemaErrors('notify-test', document), []);
    assert.equal(receiver.received.length, 1);
    answer = { status: 403 };
    const refused = await runCommand(NotifyTest, '/nowhere', []);
    assert.deepEqual(refused, {
      exitCode: 6,
      stdout: 'webhook siem: refused: HTTP 403\n',
      stderr: '',
    });
  });

  it('test is an error where nobody is to be notified', async () => {
    delete process.env['KMS_NOTIFY_WEBHOOKS'];
    const { exitCode, stderr } = await runCommand(NotifyTest, '/nowhere', []);
    assert.equal(exitCode, 2);
    assert.match(stderr, /no destination is configured/);
  });

  it('list shows what waits and why; retry sends it', async () => {
    const store = await rotatedStore();
    answer = { status: 500 };
    const run = await runCommand(RotateDue, store, [], DUE);
    assert.equal(run.exitCode, 6);
    assert.match(run.stderr, /^note: webhook siem: HTTP 500$/m);
    const listed = await runCommand(NotifyList, store, [], DUE);
    assert.match(listed.stdout, /^rotated +key-1 +webhook siem +waiting +1 +in 1 min +HTTP 500$/m);
    const { document } = await runJson(NotifyList, store, [], DUE);
    assert.deepEqual(schemaErrors('notify-list', document), []);
    answer = { status: 200 };
    const retried = await runJson(NotifyRetry, store, ['--destination', 'webhook siem'], DUE + 1);
    assert.equal(retried.exitCode, 0);
    assert.deepEqual(schemaErrors('notify-retry', retried.document), []);
    assert.equal((await runCommand(NotifyList, store, [], DUE)).stdout, '');
    assert.match((await runCommand(NotifyList, store, ['--all'], DUE)).stdout, /sent/);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  it('retry revives what was given up', async () => {
    const store = await rotatedStore();
    answer = { status: 404 };
    assert.equal((await runCommand(RotateDue, store, [], DUE)).exitCode, 6);
    assert.match((await runCommand(NotifyList, store, [], DUE)).stdout, /given-up .* HTTP 404/);
    answer = { status: 200 };
    const { stdout } = await runCommand(NotifyRetry, store, [], DUE + 30 * DAY);
    assert.equal(stdout, '1 to be sent, 1 sent, 0 failed, 0 given up\n');
  });

  it('list says of what a configuration no longer names that it is not configured', async () => {
    const store = await rotatedStore();
    answer = { status: 500 };
    await runCommand(RotateDue, store, [], DUE);
    delete process.env['KMS_NOTIFY_WEBHOOKS'];
    assert.match((await runCommand(NotifyList, store, [], DUE)).stdout, /is not configured/);
  });

  it('tells nobody the URL, the secret or any material', async () => {
    const store = await rotatedStore();
    answer = { status: 500 };
    const outputs = [];
    for (const argv of [[], ['--json']]) {
      outputs.push(await runCommand(RotateDue, store, argv, DUE));
      outputs.push(await runCommand(NotifyRetry, store, argv, DUE + 3600));
      outputs.push(await runCommand(NotifyList, store, argv, DUE));
      outputs.push(await runCommand(NotifyTest, store, argv, DUE));
    }
    const said = JSON.stringify([outputs, receiver.received.map(({ body }) => body)]);
    for (const secret of ['geheim', SECRET, 'KeyMaterial', 'ByteString']) {
      assert.ok(!said.includes(secret), secret);
    }
  });
});
