// The bill of materials of `kms report --format cyclonedx`, of the golden store, which has an object of every kind.
import assert from 'node:assert/strict';
import Report from '../../../../src/commands/report.js';
import { bomErrors } from '../../../support/bill-of-materials.js';
import { runCommand } from '../../../support/command.js';
import { describeGolden, goldenCopy } from '../../../support/golden.js';
import { formsOf, materialsOf } from '../../../support/material.js';

interface Bom {
  readonly serialNumber: string;
  readonly metadata: { readonly properties: readonly { name: string; value: string }[] };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly cryptoProperties: {
      readonly assetType: string;
      readonly relatedCryptoMaterialProperties?: { readonly type: string };
      readonly algorithmProperties?: object;
    };
    readonly properties?: readonly { name: string; value: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describeGolden('a cryptographic bill of materials', () => {
  let store: string;
  let text: string;
  let bom: Bom;
  const printed = async (...argv: string[]) => {
    const ended = await runCommand(Report, store, ['--format', 'cyclonedx', ...argv]);
    assert.equal(ended.exitCode, 0, ended.stderr);
    return ended.stdout;
  };
  before(async () => {
    store = goldenCopy('store.sqlite');
    text = await printed();
    bom = JSON.parse(text) as Bom;
  });

  it('is valid CycloneDX 1.6, and every reference leads to a component', () => {
    assert.deepEqual(bomErrors(bom), []);
    const refs = bom.components.map((component) => component['bom-ref']);
    assert.equal(new Set(refs).size, refs.length);
    const named = bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
    const inside = [...text.matchAll(/"(?:\w+Ref)": "(.*)"/g)].map(([, ref]) => ref ?? '');
    for (const ref of [...named, ...inside]) assert.ok(refs.includes(ref), ref);
  });

  it('has keys and certificates of every kind, with their algorithms, and no material', () => {
    const kinds = new Set(
      bom.components.map(
        ({ cryptoProperties: { assetType, relatedCryptoMaterialProperties: material } }) =>
          material?.type ?? assetType,
      ),
    );
    assert.deepEqual([...kinds].sort(), [
      'algorithm',
      'certificate',
      'private-key',
      'public-key',
      'secret-key',
    ]);
    const aes = bom.components.find(({ name }) => name === 'AES-256')?.cryptoProperties;
    assert.deepEqual(aes?.algorithmProperties, {
      primitive: 'block-cipher',
      parameterSetIdentifier: '256',
      classicalSecurityLevel: 256,
      nistQuantumSecurityLevel: 5,
    });
    const materials = materialsOf(store);
    assert.ok(materials.length > 0);
    for (const form of materials.flatMap(formsOf)) assert.ok(!text.includes(form), form);
  });

  it('says what it is about, and of each key whether it complies', () => {
    const names = bom.metadata.properties.map(({ name }) => name);
    for (const name of ['title', 'store', 'seen-from', 'filters', 'rules']) {
      assert.ok(names.includes(`kms:${name}`), name);
    }
    const said = bom.components.flatMap(({ properties = [] }) => properties);
    assert.ok(said.some(({ name, value }) => name === 'kms:compliant' && value === 'false'));
    assert.ok(said.some(({ name }) => name === 'kms:shortcoming'));
  });

  it('is the same text for the same store at the same time, and has another number for another', async () => {
    assert.equal(await printed(), text);
    const filtered = JSON.parse(await printed('--type', 'Certificate')) as Bom;
    assert.deepEqual(bomErrors(filtered), []);
    assert.notEqual(filtered.serialNumber, bom.serialNumber);
  });
});
