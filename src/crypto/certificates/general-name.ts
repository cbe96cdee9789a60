// Names of a certificate's subject beside its Distinguished Name (GeneralName, RFC 5280 §4.2.1.6): from text to DER,
// and which of those in a certificate are not valid. alternative-names.ts shows them as text.
import { KmsError } from '../../errors.js';
import { der, type DerElement } from '../der.js';
import { addressBytes, dnsNameOf, wildcardNameOf } from './host-name.js';

/** The implicit tags of the choices. */
const TAGS = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

const LONGEST_LOCAL_PART = 64;
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const QUOTED = /^"([ !#-[\]-~]|\\[ -~])*"$/;
const URI = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9a-f]{2})+$/i;

/**
 * Returns the DER of a name as an operator writes it, as in `DNS:www.example.org`. @throws KmsError InvalidArgument.
 */
export function encodeGeneralName(text: string): Buffer {
  const [, kind = '', value = ''] = /^([A-Za-z]+):(.+)$/s.exec(text) ?? [];
  const valid = <T>(found: T | null, hint: string): T => {
    if (found !== null) return found;
    // What has an @ after a colon might be the password of a URL, and would not be shown.
    const shown = /^email:/i.test(text)
      ? `the email address ${JSON.stringify(value)}`
      : JSON.stringify(text);
    throw new KmsError('InvalidArgument', `${shown} is not a valid name`, { hint });
  };
  switch (kind.toLowerCase()) {
    case 'dns':
      return der(TAGS.dns, Buffer.from(valid(wildcardNameOf(value), DNS_HINT), 'ascii'));
    case 'ip':
      return der(TAGS.ip, valid(addressBytes(value), IP_HINT));
    case 'email':
      return der(TAGS.email, Buffer.from(valid(mailboxOf(value), EMAIL_HINT), 'ascii'));
    case 'uri':
      return der(TAGS.uri, Buffer.from(valid(uriOf(value), URI_HINT), 'ascii'));
    default:
      throw new KmsError('InvalidArgument', `${JSON.stringify(text)} is not an alternative name`, {
        hint: 'write DNS:www.example.org, IP:192.0.2.7, email:ops@example.org or URI:https://example.org',
      });
  }
}

const DNS_HINT =
  'labels have letters, digits and hyphens, 63 characters at most; * may be the first one';
const IP_HINT = 'write an address like 192.0.2.7 or 2001:db8::7, without a zone or a length';
const EMAIL_HINT = 'write an address like ops@example.org; its part before the @ is ASCII';
const URI_HINT = 'write an absolute URI like https://example.org/path';

/** Returns an email address, its domain in A-labels; null if it is not valid. */
export function mailboxOf(text: string): string | null {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const domain = dnsNameOf(text.slice(at + 1));
  if (at < 1 || domain === null || local.length > LONGEST_LOCAL_PART) return null;
  return DOT_ATOM.test(local) || QUOTED.test(local) ? `${local}@${domain}` : null;
}

/** Returns an absolute URI; an international one as RFC 5280 §7.4 maps it. Null if it is not valid. */
function uriOf(text: string): string | null {
  const isAscii = /^\p{ASCII}*$/u.test(text);
  const mapped = isAscii || /[\s\p{C}]/u.test(text) ? text : hrefOf(text);
  if (mapped === null || !URI.test(mapped)) return null;
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(mapped)?.[1];
  return authority === undefined || hasHost(authority) ? mapped : null;
}

function hrefOf(text: string): string | null {
  return URL.canParse(text) ? new URL(text).href : null;
}

/** The host is a DNS name or an address (RFC 5280 §4.2.1.6). */
function hasHost(authority: string): boolean {
  const host = authority.replace(/^.*@/s, '').replace(/:\d*$/, '');
  const [, literal] = /^\[(.*)\]$/s.exec(host) ?? [];
  return (
    addressBytes(literal ?? host) !== null || (literal === undefined && dnsNameOf(host) !== null)
  );
}

export interface InvalidName {
  /** As in `DNS:"a b"`. */
  readonly text: string;
  /** Whether it is not even of the type that the name has, so that no certificate may have it. */
  readonly isMalformed: boolean;
}

/** Returns a name in a certificate if it is not valid; null if it is, or of a kind that is not checked. */
export function invalidName({ tag, value }: DerElement): InvalidName | null {
  const isAscii = value.every((byte) => byte < 0x80);
  const text = value.toString('latin1');
  const unless = (kind: string, isValid: boolean): InvalidName | null =>
    isValid ? null : { text: `${kind}:${JSON.stringify(text)}`, isMalformed: !isAscii };
  switch (tag) {
    case TAGS.dns:
      return unless('DNS', isAscii && wildcardNameOf(text) !== null);
    case TAGS.email:
      return unless('email', isAscii && mailboxOf(text) !== null);
    case TAGS.uri:
      return unless('URI', isAscii && uriOf(text) !== null);
    case TAGS.ip:
      return value.length === 4 || value.length === 16
        ? null
        : { text: `an IP address of ${value.length} bytes`, isMalformed: true };
    default:
      return null;
  }
}
