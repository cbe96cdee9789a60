// CertificateAttributes (KMIP 2.1 §4.9) as the server writes them: 24 texts, none of which may be absent
// (storage format §3.7).
import { certificateKeyIdentifier } from '../../crypto/certificates/key-identifiers.js';
import {
  nameAttributes,
  type AttributeType,
} from '../../crypto/certificates/distinguished-name.js';
import type { Certificate } from '../../crypto/certificates/certificate.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kmip/json.js';
import { withMembers } from '../../kmip/members.js';

/** The attributes of a Distinguished Name, by the server's suffixes. */
const FROM_NAME: Readonly<Record<string, AttributeType>> = {
  Cn: 'CN',
  O: 'O',
  Ou: 'OU',
  Email: 'emailAddress',
  C: 'C',
  St: 'ST',
  L: 'L',
  Title: 'title',
  Dc: 'DC',
  DnQualifier: 'dnQualifier',
};

/** In the server's order. */
const SUFFIXES: readonly string[] =
  'Cn O Ou Email C St L Uid SerialNumber Title Dc DnQualifier'.split(' ');

/** Returns the attributes of a certificate. Those of its names stay as they were, if they are complete. */
export async function certificateAttributes(
  certificate: Certificate,
  former: JsonValue | undefined,
): Promise<JsonObject> {
  const own = {
    CertificateSubjectUid: certificateKeyIdentifier(certificate).toString('hex'),
    CertificateSubjectSerialNumber: serialText(certificate),
  };
  if (isJsonObject(former) && isWhole(former)) return withMembers(former, own);
  const { subject, issuer } = certificate;
  return {
    ...(await withPrefix('CertificateSubject', subject)),
    ...(await withPrefix('CertificateIssuer', issuer)),
    ...own,
  };
}

function isWhole(former: JsonObject): boolean {
  return ['Subject', 'Issuer'].every((of) =>
    SUFFIXES.every((suffix) => typeof former[`Certificate${of}${suffix}`] === 'string'),
  );
}

async function withPrefix(prefix: string, name: Buffer): Promise<JsonObject> {
  const attribute = await nameAttributes(name);
  return Object.fromEntries(
    SUFFIXES.map((suffix) => {
      const type = FROM_NAME[suffix];
      return [`${prefix}${suffix}`, type === undefined ? '' : attribute(type)];
    }),
  );
}

/** As the server writes it: hexadecimal in capitals, without the byte that keeps it positive. */
function serialText({ serial }: Certificate): string {
  return serial
    .toString('hex')
    .toUpperCase()
    .replace(/^00(?=.)/, '');
}
