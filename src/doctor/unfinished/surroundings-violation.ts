// What stands in the way of a settlement, by what surrounds its objects: what cannot be read, what is spelled otherwise, and
// certificates that would lose their key.
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed } from '../../kmip/managed-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import {
  uidsOfGeneration,
  type Generation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { FoundLink, Surroundings } from '../../store/find/surroundings.js';
import { listed } from '../finding.js';
import { quoted } from '../../text/phrases.js';

/** Returns why what surrounds objects of these uids proves nothing. */
export function surroundingsViolation(uids: readonly string[], found: Surroundings): string | null {
  const { links, tags, grants, unreadable } = found;
  if (unreadable.length > 0) return `${listed(unreadable)} names one of them, and cannot be read`;
  const misspelt = links.find(({ to }) => !uids.includes(to));
  if (misspelt !== undefined)
    return `a link of ${quoted(misspelt.uid)} says ${quoted(misspelt.to)}, and the uid is spelled otherwise`;
  return [...tags, ...grants].some(({ uid }) => !uids.includes(uid))
    ? 'tags or grants of one of them are there under a uid that is spelled otherwise'
    : null;
}

/** Returns the certificates of a pair, whichever of the two names the other; a retired one may still wrap something. */
export function certificatesOf(
  generation: Generation,
  links: readonly FoundLink[],
  objects: RelatedObjects,
): readonly string[] {
  if (generation.key.objectType === 'Certificate') return [];
  const own = uidsOfGeneration(generation);
  const named = [generation.key, generation.publicKey].map((key) =>
    key === null ? null : linkTo(key.attributes, 'CertificateLink'),
  );
  const naming = links.filter(
    ({ to, linkType }) =>
      own.includes(to) && (linkType === 'PublicKeyLink' || linkType === 'PrivateKeyLink'),
  );
  return [...new Set([...named, ...naming.map(({ uid }) => uid)])].filter((uid) => {
    const object = objects.get(uid ?? '');
    if (object === undefined || object instanceof KmsError) return false;
    return object.objectType === 'Certificate' && !isDestroyed(object);
  }) as string[];
}
