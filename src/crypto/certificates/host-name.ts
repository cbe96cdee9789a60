// The hosts in names of certificates (RFC 5280 §4.2.1.6): DNS names in their preferred syntax, international ones as
// A-labels (RFC 5891), and the bytes of IP addresses. Each function returns null for what is not valid.
import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const LONGEST_NAME = 253;

/**
 * Letters of other scripts, and what else is in a name before it is converted; other ASCII would change its meaning.
 */
const CONVERTIBLE = /^(?:[a-z0-9.-]|[^\p{ASCII}\p{C}\p{Z}])+$/iu;

/** Returns a DNS name as certificates have it; one in ASCII stays as it is written. */
export function dnsNameOf(text: string): string | null {
  if (!CONVERTIBLE.test(text)) return null;
  const ascii = domainToASCII(text);
  // For what is in ASCII, the conversion only checks A-labels: it would take 1.2 for an address.
  const name = /^\p{ASCII}+$/u.test(text) ? text : ascii;
  // Node 26 leaves an A-label that cannot be decoded as it is.
  if (/xn--/i.test(name) && (ascii === '' || /xn--/i.test(domainToUnicode(name)))) return null;
  const labels = name.split('.');
  if (name.length > LONGEST_NAME || !labels.every((label) => LABEL.test(label))) return null;
  return /^\d+$/.test(labels.at(-1) ?? '') ? null : name;
}

/** Returns the same of a name that may begin with one wildcard, as a label of its own (RFC 9525 §6.3). */
export function wildcardNameOf(text: string): string | null {
  if (!text.startsWith('*.')) return dnsNameOf(text);
  const parent = dnsNameOf(text.slice(2));
  return parent === null || parent.length > LONGEST_NAME - 2 ? null : `*.${parent}`;
}

/** Returns the 4 or 16 bytes of an address; one with a zone means another host elsewhere, and is none. */
export function addressBytes(text: string): Buffer | null {
  if (text.includes('%')) return null;
  switch (isIP(text)) {
    case 4:
      return Buffer.from(text.split('.').map(Number));
    case 6:
      return addressBytesOf6(text);
    default:
      return null;
  }
}

/** Of a text that is known to be an address; its end may be written as one of version 4. */
function addressBytesOf6(text: string): Buffer {
  const [first = [], last = []] = text.split('::').map(groupsOf);
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  const groups = [...first, ...zeros, ...last];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
