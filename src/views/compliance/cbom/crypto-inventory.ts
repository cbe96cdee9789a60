// What a store holds of keys and certificates, for a bill of materials: all states, no material. cbom.ts writes it.
import { securityStrengthOf } from '../../../crypto/keys/security-strength.js';
import { signatureAlgorithmName } from '../../../crypto/certificates/signature-algorithm.js';
import { KmsError } from '../../../errors.js';
import type { EpochSeconds } from '../../../kmip/date-time.js';
import type { RotationCandidate } from '../../../rotation/candidate.js';
import type { EvaluationOptions } from '../../../rotation/eligibility.js';
import { compareUids } from '../../../rotation/plan.js';
import { keyUidsOfCertificate } from '../../../rotation/related-objects.js';
import type { Store } from '../../../store/store.js';
import { certificateOrError } from '../../../survey/certificate-validity.js';
import { allCandidates } from '../../../survey/survey.js';
import type { SurveyFilters } from '../../../survey/survey-filters.js';
import { certificateIn, type CertificateView } from '../../keys/certificate-view.js';
import { keySummaryOf, type KeySummary } from '../../keys/key-summary.js';

export interface CryptoAsset extends KeySummary {
  readonly strengthBits: number | null;
  readonly createdAt: EpochSeconds | null;
  readonly activatedAt: EpochSeconds | null;
  readonly rotatedAt: EpochSeconds | null;
  readonly endsAt: EpochSeconds | null;
  readonly intervalSeconds: number | null;
  readonly wrappingKeyUid: string | null;
  readonly certificate: CertificateView | null;
  /** The object identifier of the algorithm that signed a certificate. */
  readonly signatureOid: string | null;
  /** The keys of a certificate. */
  readonly keyUids: readonly string[];
  /** Why it cannot be read. */
  readonly unreadable: string | null;
}

const LISTED_TYPES: readonly string[] = [
  ...['SymmetricKey', 'PrivateKey', 'PublicKey', 'SplitKey', 'PGPKey', 'Certificate'],
];

/** Returns the keys and certificates that pass the filters, by uid. What cannot be read may be one. */
export async function cryptoInventory(
  store: Pick<Store, 'findAll' | 'load'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): Promise<readonly CryptoAsset[]> {
  const assets: CryptoAsset[] = [];
  for await (const { candidate } of allCandidates(store, options, filters)) {
    const asset = await assetOf(candidate);
    if (asset.objectType === null || LISTED_TYPES.includes(asset.objectType)) assets.push(asset);
  }
  return assets.sort((a, b) => compareUids(a.uid, b.uid));
}

async function assetOf(candidate: RotationCandidate): Promise<CryptoAsset> {
  const summary = keySummaryOf(candidate);
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const { certificate, error } = await certificateIn(candidate.object);
  const failure = candidate.object instanceof KmsError ? candidate.object : error;
  const attributes = object?.attributes;
  return {
    ...summary,
    strengthBits: securityStrengthOf(summary.algorithm, summary.length),
    createdAt: attributes?.initialDate ?? null,
    activatedAt: attributes?.activationDate ?? null,
    rotatedAt: attributes?.rotateDate ?? null,
    endsAt: attributes?.deactivationDate ?? null,
    intervalSeconds: attributes?.rotateInterval ?? null,
    wrappingKeyUid: object?.wrappingKeyUid ?? candidate.row.wrappingKeyId,
    certificate,
    signatureOid: certificate === null ? null : signatureOidOf(candidate),
    keyUids: object?.objectType === 'Certificate' ? keyUidsOfCertificate(object) : [],
    unreadable: failure?.message ?? null,
  };
}

function signatureOidOf({ object }: RotationCandidate): string | null {
  const certificate = certificateOrError(object);
  return certificate instanceof KmsError
    ? null
    : signatureAlgorithmName(certificate.signatureAlgorithm);
}
