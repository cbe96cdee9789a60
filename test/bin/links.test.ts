// The links of the documents at the top of the repository: each leads to a file that is there, and to a heading of it;
// paths that are only named are there too. Addresses on the network are not looked at.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT, textOf } from '../support/examples.js';

const DOCUMENTS = readdirSync(ROOT).filter((name) => name.endsWith('.md'));

for (const document of DOCUMENTS) {
  describe(`the links of ${document}`, () => {
    const links = linksIn(document);

    it('lead to files that are there', () => {
      const missing = links.filter(({ path }) => !existsSync(`${ROOT}${path}`));
      assert.deepEqual(missing, []);
    });

    it('lead to headings that are there', () => {
      const missing = links.filter(
        ({ path, anchor }) => anchor !== '' && !anchorsIn(path).includes(anchor),
      );
      assert.deepEqual(missing, []);
    });

    it('and the paths that it names are there', () => {
      const paths = [...prose(document).matchAll(/`((?:src|test|bin|man)\/[\w./-]*)`/g)].map(
        ([, path]) => path!,
      );
      // In capitals stands what the reader chooses.
      const missing = paths.filter((path) => !/[A-Z]{2}/.test(path) && !existsSync(ROOT + path));
      assert.deepEqual(missing, []);
    });
  });
}

interface Link {
  /** From the top of the repository. */
  readonly path: string;
  /** Empty if the link leads to the whole file. */
  readonly anchor: string;
}

function linksIn(document: string): readonly Link[] {
  const targets = [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = '']) => target,
  );
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { path: path === '' ? document : normalize(join(dirname(document), path)), anchor };
    });
}

/** Returns the anchors of a document's headings as GitHub makes them: of equal ones, later ones are numbered. */
function anchorsIn(document: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...prose(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const earlier = seen.get(anchor) ?? 0;
    seen.set(anchor, earlier + 1);
    return earlier === 0 ? anchor : `${anchor}-${earlier}`;
  });
}

/** Returns a document without its blocks of code, in which nothing is a link or a heading. */
function prose(document: string): string {
  return textOf(document).replaceAll(/^ *```[^]*?^ *```$/gm, '');
}
