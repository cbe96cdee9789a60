// `kms key show UID`: everything that may be shown of one object, found by uid or by a keyset's address.
import assert from 'node:assert/strict';
import KeyShow from '../../../src/commands/key/show.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid, type KeyDocument } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { insertRows, newStorePath } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

const member = (name: string, generation: number) => ({
  RotateName: name,
  RotateGeneration: generation,
});

describe('kms key show', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'k', tags: ['env:prod'], name: 'pay\u0007roll', offsetSeconds: DAY }),
      aSymmetricKey({ uid: 'set' }, member('set', 0)),
      aSymmetricKey({ uid: 'set@1' }, member('set', 1)),
      aSymmetricKey({ uid: 'set@10' }, member('set', 10)),
      aSymmetricKey({ uid: 'mail@example' }),
      aSymmetricKey({ uid: 'broken' }, {}, { attributes: '{"State":"Active"' }),
      aSymmetricKey({ uid: '-k' }),
    ]);
  });

  async function shown(address: string): Promise<KeyDocument> {
    const { exitCode, document } = await runJson(KeyShow, store, ['--', address]);
    assert.equal(exitCode, 0, JSON.stringify(document));
    return valid('key', document).key;
  }

  for (const [address, uid] of [
    ['k', 'k'],
    ['set', 'set@10'],
    ['set@latest', 'set@10'],
    ['set@first', 'set'],
    ['set@0', 'set'],
    ['set@1', 'set@1'],
    ['set@10', 'set@10'],
    ['mail@example', 'mail@example'],
    ['-k', '-k'],
  ] as const) {
    it(`takes ${address} for ${uid}`, async () => {
      assert.equal((await shown(address)).uid, uid);
    });
  }

  for (const address of ['set@2', 'set@-1', 'SET', 'k ', 'nothing@latest', 'K']) {
    it(`knows no ${JSON.stringify(address)}`, async () => {
      const { exitCode, document } = await runJson(KeyShow, store, [address]);
      assert.equal(exitCode, 4);
      const error = errorOf(document);
      assert.deepEqual([error.reason, error.uid], ['UnknownUid', address]);
    });
  }

  it('prints one line for each attribute, control characters written out', async () => {
    const { stdout } = await runCommand(KeyShow, store, ['k'], JANUARY + 2 * DAY);
    assert.match(stdout, /^Unique Identifier +k$/m);
    assert.match(stdout, /^Key +AES-256$/m);
    assert.match(stdout, /^Name +pay\\u\{7\}roll$/m);
    assert.match(stdout, /^Tags +env:prod$/m);
    assert.match(stdout, /^Rotate Interval +30 d$/m);
    assert.match(stdout, /^Deadline +2026-01-11T08:00:00Z \(1 d overdue\)$/m);
    assert.doesNotMatch(stdout, /^Replaced by/m);
  });

  it('shows of a malformed row what its columns tell, and why it cannot be read', async () => {
    const { state, error, ...rest } = await shown('broken');
    assert.deepEqual([state, rest['owner']], ['Active', 'ops@example.org']);
    assert.equal(error?.reason, 'MalformedObject');
    const { stdout } = await runCommand(KeyShow, store, ['broken']);
    assert.match(stdout, /^Malformed +.*attributes/m);
  });
});

describeGolden('kms key show on a store of the server', () => {
  it('tells what wraps a key, and what it wraps', async () => {
    const store = goldenCopy('store.sqlite');
    for (const [uid, wrappingKeyUid, dependants] of [
      ['kek-dep-aes', 'kek', 0],
      ['kek-nested', 'kek', 1],
      ['kek-not-due', null, 1],
    ] as const) {
      const { document } = await runJson(KeyShow, store, [uid]);
      const { key } = valid('key', document);
      assert.deepEqual([key['wrappingKeyUid'], key['dependants']], [wrappingKeyUid, dependants]);
    }
  });
});

describeGolden('kms key show on a certificate of the server', () => {
  const store = () => goldenCopy('store.sqlite');

  it('prints its subject, issuer, validity and names', async () => {
    const { stdout } = await runCommand(KeyShow, store(), ['leaf'], JANUARY + 40 * DAY);
    assert.match(stdout, /^Subject +CN=www\.example\.org$/m);
    assert.match(stdout, /^Issuer +CN=Example Issuing$/m);
    assert.match(stdout, /^Not Before +2026-01-10T08:00:07Z$/m);
    assert.match(stdout, /^Not After +2026-03-11T08:00:07Z \(in 20 d\)$/m);
    assert.match(stdout, /^Authority +no$/m);
    const names = 'DNS:www.example.org, DNS:*.example.net, IP:192.0.2.7, email:ops@example.org';
    assert.ok(stdout.includes(`Names              ${names}\n`));
  });

  it('tells the same in its document', async () => {
    const { document } = await runJson(KeyShow, store(), ['ca']);
    const { certificate } = valid('key', document) as unknown as { certificate: object };
    assert.deepEqual(certificate, {
      subject: 'O=Example,CN=Example Root',
      issuer: 'O=Example,CN=Example Root',
      serialNumber: '4ffb95659305e9649ba1b34925d73ba5b536bb24',
      notBefore: '2026-01-10T08:00:07Z',
      notAfter: '2036-01-08T08:00:07Z',
      isAuthority: true,
      alternativeNames: [],
    });
  });
});
