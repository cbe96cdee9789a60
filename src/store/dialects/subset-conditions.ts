// What our smaller indexes hold, as SQL conditions. A database that writes a row evaluates each of them, so what few
// rows have comes first. Each dialect says how it finds a text in a column.

/**
 * Returns the condition of `wrappingKeyMismatches`.
 *
 * @param contains SQL that finds a text in the column `object`.
 * @param namesColumn SQL that finds there, as a Unique Identifier, what the column `wrapping_key_id` holds.
 */
export function wrappingKeyMismatchSql(
  contains: (text: string) => string,
  namesColumn: string,
): string {
  const mismatches = [
    'wrapping_key_id IS NULL',
    `NOT ${namesColumn}`,
    // A MAC key is named beside the wrapping key and may be another one, so the text alone proves nothing.
    contains('"MacSignatureKeyInformation"'),
  ];
  return `${contains('"KeyWrappingData"')} AND (${mismatches.join(' OR ')})`;
}

/**
 * Returns the condition of `stoppedMembers`, as a text alone: most objects are Active, and most others were replaced.
 *
 * @param contains SQL that finds a text in the column `attributes`.
 */
export function stoppedMemberSql(contains: (text: string) => string): string {
  return [
    `state IN ('Deactivated', 'Compromised')`,
    `NOT ${contains('"ReplacementObjectLink"')}`,
    contains('"RotateName"'),
  ].join(' AND ');
}

/**
 * Returns the condition of `foreignPublicKeyLinks`: private keys that are not replaced and whose public key does not
 * have the uid that a server gives it, their own with `_pk`.
 *
 * @param contains SQL that finds a text in the column `attributes`.
 * @param linksToOwn SQL that finds there a link to that uid.
 */
export function foreignPublicKeyLinkSql(
  contains: (text: string) => string,
  linksToOwn: string,
): string {
  return [
    contains('"PublicKeyLink"'),
    contains('"ObjectType":"PrivateKey"'),
    `NOT ${linksToOwn}`,
    `NOT ${contains('"ReplacementObjectLink"')}`,
  ].join(' AND ');
}
