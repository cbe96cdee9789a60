// The rotation policy of an object as lists and reports show it.
import { decodeAttributes } from '../kmip/attributes.js';
import { decodeAttributesColumn, type ManagedObject } from '../kmip/managed-object.js';
import type { PolicyOptions } from '../rotation/policy-options.js';
import type { PolicyView } from '../rotation/policy-text.js';

export function policyOf(
  { attributes }: Pick<ManagedObject, 'attributes'>,
  { beforeEndSeconds, overlapSeconds }: PolicyOptions,
): PolicyView {
  const { rotateInterval, rotateOffset, rotateAutomatic, rotateName } = attributes;
  return {
    intervalSeconds: rotateInterval,
    offsetSeconds: rotateOffset,
    beforeEndSeconds,
    overlapSeconds,
    automatic: rotateAutomatic,
    keyset: rotateName,
  };
}

/** Returns the policy in the attributes column of a row, and in the options of the object. */
export function policyInRow(
  row: { readonly id: string; readonly attributes: string },
  options: PolicyOptions,
): PolicyView {
  const members = decodeAttributesColumn(row.id, row.attributes);
  return policyOf({ attributes: decodeAttributes(members, 'attributes') }, options);
}
