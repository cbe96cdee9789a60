// Refuses selectors of a policy file that no key can match: a mistyped type, an algorithm that no key of the type has.
import { SELECTORS } from './rule-members.js';
import { SYMMETRIC_ALGORITHMS } from '../crypto/keys/symmetric-key.js';
import { characterCount, MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { CRYPTOGRAPHIC_ALGORITHMS, OBJECT_TYPES } from '../kmip/vocabulary.js';
import { ROTATABLE_TYPES, type Selectors } from '../rotation/policy-rules.js';
import { nearest } from '../text/nearest.js';

/** Why the rule with this selector can match no key. */
export interface SelectorMistake {
  readonly selector: (typeof SELECTORS)[number];
  readonly message: string;
  readonly hint: string;
}

/** Returns the first mistake, or null. */
export function selectorMistake(selectors: Selectors): SelectorMistake | null {
  const { type = [], algorithm = [], uid = [] } = selectors;
  return (
    first(SELECTORS, (selector) => emptyList(selector, selectors)) ??
    first(type, typeMistake) ??
    first(algorithm, algorithmMistake) ??
    first(uid, uidMistake) ??
    contradiction(selectors)
  );
}

function first<T>(
  values: readonly T[],
  check: (value: T) => SelectorMistake | null,
): SelectorMistake | null {
  for (const value of values) {
    const mistake = check(value);
    if (mistake !== null) return mistake;
  }
  return null;
}

function emptyList(
  selector: SelectorMistake['selector'],
  selectors: Selectors,
): SelectorMistake | null {
  if (selectors[selector]?.length !== 0) return null;
  const message = `${selector} is empty, so the rule matches no key`;
  return { selector, message, hint: 'give it a value, or leave it out' };
}

function typeMistake(type: string): SelectorMistake | null {
  if (ROTATABLE_TYPES.some((rotatable) => rotatable === type)) return null;
  return {
    selector: 'type',
    message: Object.hasOwn(OBJECT_TYPES, type)
      ? `objects of type ${type} cannot be rotated, so the rule matches no key`
      : `${JSON.stringify(type)} is not an Object Type`,
    hint: `known are ${ROTATABLE_TYPES.join(', ')}`,
  };
}

function algorithmMistake(algorithm: string): SelectorMistake | null {
  if (Object.hasOwn(CRYPTOGRAPHIC_ALGORITHMS, algorithm)) return null;
  const known = Object.keys(CRYPTOGRAPHIC_ALGORITHMS);
  const inOtherCase = known.find((name) => name.toLowerCase() === algorithm.toLowerCase());
  return {
    selector: 'algorithm',
    message: `${JSON.stringify(algorithm)} is not a Cryptographic Algorithm`,
    hint: `did you mean ${inOtherCase ?? nearest(algorithm, known)}?`,
  };
}

function uidMistake(uid: string): SelectorMistake | null {
  if (uid !== '' && characterCount(uid) <= MAX_UID_LENGTH && !uid.startsWith('hsm::')) return null;
  return {
    selector: 'uid',
    message: `${JSON.stringify(uid)} is not a valid uid`,
    hint: `a uid has 1 to ${MAX_UID_LENGTH} characters and does not begin with hsm::`,
  };
}

function contradiction({ type = ROTATABLE_TYPES, algorithm }: Selectors): SelectorMistake | null {
  if (algorithm === undefined) return null;
  if (type.some((one) => algorithm.some((other) => mayGoTogether(one, other)))) return null;
  return {
    selector: 'algorithm',
    message: `no ${type.join(' or ')} has the algorithm ${algorithm.join(' or ')}, so the rule matches no key`,
    hint: 'correct the type or the algorithm',
  };
}

/** Certificates name no algorithm (storage format §3.8). */
function mayGoTogether(type: string, algorithm: string): boolean {
  if (type === 'Certificate') return false;
  if (SYMMETRIC_ALGORITHMS.includes(algorithm)) return type === 'SymmetricKey';
  return type !== 'SymmetricKey' || !/^(RSA|DSA|EC|Ed|ML|SLH|X25519)/.test(algorithm);
}
