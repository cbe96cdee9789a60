// Re-Key Key Pair (KMIP 2.1 §6.1.47): what each half keeps of its own, what both share, and what is refused. The
// rest is compared with the server's rows (rekey-key-pair.golden.test.ts).
import assert from 'node:assert/strict';
import { isKeyPair } from '../../../src/crypto/keys/is-key-pair.js';
import type { PairKind } from '../../../src/crypto/keys/pair-kind.js';
import { replaceKeyPair } from '../../../src/flows/pairs/replace-key-pair.js';
import { linkTo } from '../../../src/kmip/attributes.js';
import { decodeKeyMaterial } from '../../../src/kmip/key-material.js';
import { decodeRow, type ManagedObject } from '../../../src/kmip/managed-object.js';
import { aKeyPair, P256, type PairChanges } from '../../support/pairs.js';
import { DAY, dateOf, JANUARY } from '../../support/symmetric-keys.js';
import { DEFAULT_END_OPTIONS } from '../../../src/rotation/ends.js';
import type { RotationContext } from '../../../src/flows/rotation-context.js';

const NOW = JANUARY + 41 * DAY;
const CONTEXT = {
  now: NOW,
  firstDeadline: 'offset',
  ends: DEFAULT_END_OPTIONS,
  disarm: false,
  newUid: () => 'new',
} as unknown as RotationContext;
const IN_CLEAR = { privateKey: null, publicKey: null };

async function rotated(changes: PairChanges = {}, context: RotationContext = CONTEXT) {
  const replaced = await aKeyPair(changes);
  const { generated } = await aKeyPair();
  const rotation = replaceKeyPair(replaced, context, {
    generated,
    wrapping: IN_CLEAR,
    overlap: null,
  });
  const created: ManagedObject[] = [];
  const retired: ManagedObject[] = [];
  for (const change of rotation.changes) {
    if (change.kind === 'create') created.push(decodeRow(change.row));
    else retired.push(decodeRow(change.after));
  }
  const [privateKey, publicKey] = created;
  const [privateRetired, publicRetired] = retired;
  return {
    rotation,
    privateKey: privateKey!,
    publicKey: publicKey!,
    privateRetired: privateRetired!,
    publicRetired: publicRetired!,
  };
}

describe('replaceKeyPair', () => {
  it('links both keys of the replacement to each other and back, and those replaced forward', async () => {
    const { rotation, privateKey, publicKey, privateRetired, publicRetired } = await rotated();
    assert.equal(rotation.replacementUid, 'new');
    assert.equal(rotation.publicKeyUid, 'pair_pk');
    assert.equal(rotation.publicKeyReplacementUid, 'new_pk');
    assert.equal(linkTo(privateKey.attributes, 'PublicKeyLink'), 'new_pk');
    assert.equal(linkTo(privateKey.attributes, 'ReplacedObjectLink'), 'pair');
    assert.equal(linkTo(publicKey.attributes, 'PrivateKeyLink'), 'new');
    assert.equal(linkTo(publicKey.attributes, 'ReplacedObjectLink'), 'pair_pk');
    assert.equal(linkTo(privateRetired.attributes, 'ReplacementObjectLink'), 'new');
    assert.equal(linkTo(publicRetired.attributes, 'ReplacementObjectLink'), 'new_pk');
    for (const { state } of [privateRetired, publicRetired]) assert.equal(state, 'Deactivated');
    for (const { state } of [privateKey, publicKey]) assert.equal(state, 'Active');
  });

  it('gives each key the tags and grants of the key that it replaces', async () => {
    const { rotation } = await rotated();
    assert.deepEqual(
      rotation.changes.flatMap((change) =>
        change.kind === 'create' ? [[change.row.id, change.replacedUid, change.systemTag]] : [],
      ),
      [
        ['new', 'pair', '_sk'],
        ['new_pk', 'pair_pk', '_pk'],
      ],
    );
  });

  it('keeps names, masks, groups and generations by key, and moves the names', async () => {
    const name = (NameValue: string) => [{ NameValue, NameType: 'UninterpretedTextString' }];
    const { privateKey, publicKey, privateRetired, publicRetired } = await rotated({
      privateMembers: {
        CryptographicUsageMask: 5,
        Name: name('one'),
        ObjectGroup: 'secret',
        RotateGeneration: 3,
        Sensitive: true,
      },
      publicMembers: { CryptographicUsageMask: 6, Name: name('other'), RotateGeneration: 1 },
    });
    assert.deepEqual(privateKey.attributes.names, ['one']);
    assert.deepEqual(publicKey.attributes.names, ['other']);
    assert.deepEqual([...privateRetired.attributes.names, ...publicRetired.attributes.names], []);
    assert.equal(privateKey.attributes.cryptographicUsageMask, 5);
    assert.equal(publicKey.attributes.cryptographicUsageMask, 6);
    assert.equal(privateKey.attributes.rotateGeneration, 4);
    assert.equal(publicKey.attributes.rotateGeneration, 2);
    assert.equal(privateKey.attributes.members['ObjectGroup'], 'secret');
    assert.equal(publicKey.attributes.members['ObjectGroup'], undefined);
    assert.equal(publicKey.attributes.members['Sensitive'], undefined);
  });

  it('goes on with the schedule of the private key; the public key has none', async () => {
    const { rotation, privateKey, publicKey } = await rotated();
    assert.equal(privateKey.attributes.rotateInterval, 30 * DAY);
    assert.equal(rotation.nextDeadline, NOW + 30 * DAY);
    assert.equal(publicKey.attributes.rotateInterval, 0);
    const disarmed = await rotated({}, { ...CONTEXT, disarm: true });
    assert.equal(disarmed.privateKey.attributes.rotateInterval, 0);
    assert.equal(disarmed.rotation.nextDeadline, null);
  });

  it('names both keys by the keyset of the private one alone', async () => {
    const keyset = { RotateName: 'pair', RotateGeneration: 0, RotateLatest: true };
    const { rotation, privateKey, publicKey } = await rotated({ privateMembers: keyset });
    assert.equal(privateKey.uniqueIdentifier, 'pair@1');
    assert.equal(publicKey.uniqueIdentifier, 'pair@1_pk');
    assert.equal(publicKey.attributes.rotateName, null);
    assert.ok(rotation.inKeyset);
    assert.equal(rotation.generation, 1);
  });

  it('shifts dates that are in the future by key, and leaves a Compromised private key that mark', async () => {
    const { privateKey, publicKey, privateRetired, publicRetired } = await rotated({
      privateMembers: { DeactivationDate: dateOf(JANUARY) },
      privateRow: { state: 'Compromised' },
      publicMembers: { ProtectStopDate: dateOf(NOW + DAY) },
    });
    assert.equal(privateKey.attributes.deactivationDate, null);
    assert.equal(publicKey.attributes.protectStopDate, NOW + DAY + 41 * DAY);
    assert.equal(privateRetired.state, 'Compromised');
    assert.equal(privateRetired.attributes.deactivationDate, JANUARY);
    assert.equal(publicRetired.state, 'Deactivated');
  });

  it('does not carry a CertificateLink over', async () => {
    const { privateKey } = await rotated({
      privateMembers: {
        Link: [
          { LinkType: 'PublicKeyLink', LinkedObjectIdentifier: 'pair_pk' },
          { LinkType: 'CertificateLink', LinkedObjectIdentifier: 'cert' },
        ],
      },
    });
    assert.equal(linkTo(privateKey.attributes, 'CertificateLink'), null);
  });

  for (const kind of [
    P256,
    { kind: 'rsa', modulusBits: 1024, publicExponent: 65537, cryptographicAlgorithm: 'RSA' },
    { kind: 'pqc', cryptographicAlgorithm: 'MLKEM_512' },
    { kind: 'pqc', cryptographicAlgorithm: 'X25519MLKEM768' },
  ] as PairKind[]) {
    it(`stores the two keys of a new ${kind.cryptographicAlgorithm} pair, each in its row`, async () => {
      const replaced = await aKeyPair({}, kind);
      const { generated } = await aKeyPair({}, kind);
      const { changes } = replaceKeyPair(replaced, CONTEXT, {
        generated,
        wrapping: IN_CLEAR,
        overlap: null,
      });
      const [one, other] = changes.flatMap((change) =>
        change.kind === 'create' ? [keyOf(decodeRow(change.row))] : [],
      );
      assert.ok(await isKeyPair(kind.cryptographicAlgorithm, one!, other!));
      assert.deepEqual(one!.material, generated.privateKey.material);
    });
  }

  it('refuses a public uid longer than the column, by name', async () => {
    const { generated } = await aKeyPair();
    const replaced = await aKeyPair();
    const long = { ...CONTEXT, newUid: () => 'u'.repeat(126) };
    assert.throws(
      () => replaceKeyPair(replaced, long, { generated, wrapping: IN_CLEAR, overlap: null }),
      {
        reason: 'Unsupported',
        message: /longer than 128/,
      },
    );
  });
});

function keyOf({ keyBlock }: ManagedObject) {
  const { keyFormatType, keyMaterial } = keyBlock!;
  return { keyFormatType, material: decodeKeyMaterial(keyFormatType, keyMaterial, 'material') };
}
