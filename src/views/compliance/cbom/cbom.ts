// The keys and certificates of a store as a cryptographic bill of materials, CycloneDX 1.6, with what the report says of
// each. The same store at the same time gives the same text.
import { createHash } from 'node:crypto';
import { formatInstant, type EpochSeconds } from '../../../kmip/date-time.js';
import { complies, type ComplianceReport, type ReportedKey } from '../compliance-report.js';
import { complianceTitle } from '../compliance-words.js';
import { isFiltered, reportFacts, type ReportSubject } from '../report-subject.js';
import {
  algorithmComponent,
  algorithmRef,
  signatureComponent,
  signatureRef,
} from './cbom-algorithms.js';
import type { CryptoAsset } from './crypto-inventory.js';

/** Returns the document. Its components are sorted by their references, and its serial number follows from the rest. */
export function cryptographicBom(
  report: ComplianceReport,
  subject: ReportSubject,
  assets: readonly CryptoAsset[],
): object {
  const reported = new Map([...report.keys].map((key) => [key.uid, key]));
  const known: KnownAssets = new Map(assets.map((asset) => [asset.uid, asset]));
  const content = {
    version: 1,
    metadata: metadataOf(report, subject),
    components: [
      ...algorithmsOf(assets),
      ...assets.map((asset) => component(asset, reported.get(asset.uid), known)),
    ],
    dependencies: assets.map((asset) => ({
      ref: refOf(asset.uid),
      dependsOn: dependenciesOf(asset, known),
    })),
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumberOf(subject.storeId, content),
    ...content,
  };
}

/** By uid. */
type KnownAssets = ReadonlyMap<string, CryptoAsset>;

function refOf(uid: string): string {
  return `object:${uid}`;
}

/** A UUID of version 8 (RFC 9562), made of a digest. */
function serialNumberOf(storeId: string | null, content: object): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([storeId, content]))
    .digest();
  digest.writeUInt8(((digest[6] ?? 0) & 0x0f) | 0x80, 6);
  digest.writeUInt8(((digest[8] ?? 0) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
}

function metadataOf(report: ComplianceReport, subject: ReportSubject): object {
  const facts = [['Title', complianceTitle(report, isFiltered(subject))] as const];
  return {
    timestamp: formatInstant(report.now),
    lifecycles: [{ phase: 'operations' }],
    tools: { components: [{ type: 'application', name: 'kms', version: subject.version }] },
    component: { type: 'data', 'bom-ref': 'store', name: subject.store },
    properties: [...facts, ...reportFacts(report, subject)].map(([name, value]) =>
      property(name.toLowerCase().replaceAll(' ', '-'), value),
    ),
  };
}

function property(name: string, value: string): object {
  return { name: `kms:${name}`, value };
}

/** Each algorithm once. */
function algorithmsOf(assets: readonly CryptoAsset[]): readonly object[] {
  const components = new Map<string, object>();
  for (const asset of assets) {
    const { algorithm, signatureOid } = asset;
    const ref = algorithmRef(asset);
    if (algorithm !== null && ref !== null && !components.has(ref)) {
      components.set(ref, algorithmComponent({ ...asset, algorithm }));
    }
    if (signatureOid !== null) {
      components.set(signatureRef(signatureOid), signatureComponent(signatureOid));
    }
  }
  const sorted = [...components].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, one]) => one);
}

function component(asset: CryptoAsset, key: ReportedKey | undefined, known: KnownAssets): object {
  return {
    type: 'cryptographic-asset',
    'bom-ref': refOf(asset.uid),
    name: asset.uid,
    cryptoProperties:
      asset.objectType === 'Certificate'
        ? certificateProperties(asset, known)
        : materialProperties(asset, known),
    properties: propertiesOf(asset, key),
  };
}

function certificateProperties(
  { certificate, signatureOid, keyUids }: CryptoAsset,
  known: KnownAssets,
): object {
  const keyUid = keyUids.find((uid) => known.has(uid));
  return {
    assetType: 'certificate',
    certificateProperties: {
      ...(certificate === null
        ? {}
        : {
            subjectName: certificate.subject,
            issuerName: certificate.issuer,
            notValidBefore: certificate.notBefore,
            notValidAfter: certificate.notAfter,
            certificateFormat: 'X.509',
          }),
      ...(signatureOid === null ? {} : { signatureAlgorithmRef: signatureRef(signatureOid) }),
      ...(keyUid === undefined ? {} : { subjectPublicKeyRef: refOf(keyUid) }),
    },
  };
}

const MATERIAL_TYPES: Readonly<Record<string, string>> = {
  SymmetricKey: 'secret-key',
  PrivateKey: 'private-key',
  PublicKey: 'public-key',
  SplitKey: 'key',
  PGPKey: 'key',
};

const STATES: Readonly<Record<string, string>> = {
  PreActive: 'pre-activation',
  Active: 'active',
  Deactivated: 'deactivated',
  Compromised: 'compromised',
  Destroyed: 'destroyed',
  Destroyed_Compromised: 'destroyed',
};

function materialProperties(asset: CryptoAsset, known: KnownAssets): object {
  const { uid, objectType, length, wrappingKeyUid } = asset;
  const state = STATES[asset.state ?? ''];
  const ref = algorithmRef(asset);
  return {
    assetType: 'related-crypto-material',
    relatedCryptoMaterialProperties: {
      type: MATERIAL_TYPES[objectType ?? ''] ?? 'unknown',
      id: uid,
      ...(state === undefined ? {} : { state }),
      ...(ref === null ? {} : { algorithmRef: ref }),
      ...date('creationDate', asset.createdAt),
      ...date('activationDate', asset.activatedAt),
      ...date('updateDate', asset.rotatedAt),
      ...date('expirationDate', asset.endsAt),
      ...(length === null ? {} : { size: length }),
      ...(wrappingKeyUid === null ? {} : { securedBy: securedBy(wrappingKeyUid, known) }),
    },
  };
}

function securedBy(wrappingKeyUid: string, known: KnownAssets): object {
  const wrapping = known.get(wrappingKeyUid);
  const ref = wrapping === undefined ? null : algorithmRef(wrapping);
  return {
    mechanism: wrappingKeyUid.startsWith('hsm::') ? 'HSM' : 'Software',
    ...(ref === null ? {} : { algorithmRef: ref }),
  };
}

function date(name: string, at: EpochSeconds | null): object {
  return at === null ? {} : { [name]: formatInstant(at) };
}

function propertiesOf(asset: CryptoAsset, key: ReportedKey | undefined): readonly object[] {
  const { owner, state, intervalSeconds, wrappingKeyUid, unreadable } = asset;
  const values: readonly (readonly [string, string | null])[] = [
    ['owner', owner],
    ['state', state],
    ['interval-seconds', intervalSeconds === null ? null : String(intervalSeconds)],
    ['wrapping-key', wrappingKeyUid],
    ['unreadable', unreadable],
    ['deadline', key === undefined || key.deadline === null ? null : formatInstant(key.deadline)],
    ['compliant', key === undefined ? null : String(complies(key))],
    ...(key?.violations ?? []).map(({ name }) => ['shortcoming', name] as const),
  ];
  return values.flatMap(([name, value]) => (value === null ? [] : [property(name, value)]));
}

function dependenciesOf(asset: CryptoAsset, known: KnownAssets): readonly string[] {
  const { signatureOid, wrappingKeyUid, keyUids } = asset;
  const objects = [...keyUids, ...(wrappingKeyUid === null ? [] : [wrappingKeyUid])];
  const named = [
    algorithmRef(asset),
    signatureOid === null ? null : signatureRef(signatureOid),
    ...objects.filter((uid) => known.has(uid)).map(refOf),
  ];
  return [...new Set(named.filter((ref) => ref !== null))].sort();
}
