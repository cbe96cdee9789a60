// Brings the manual and the tables of README.md up to date. From the commands' definitions (oclif.manifest.json) and
// the program's own tables come names, synopses, options, settings, exit codes, privileges and metrics; what is
// written by hand between them stays. package.json gets the list of pages, by which npm installs them. With --check
// nothing is written, and it fails if anything would be. Run it by `npm run manual`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { commandPage, IDS, pageOf, ROOT } from './manual/commands.js';
import { pageText, references, sectionsOf } from './manual/mdoc.js';
import { withPageParts, withReadmeParts } from './manual/regions.js';

const commandPages = IDS.map((id) => [`${pageOf(id)}.1`, id]);
const otherPages = readdirSync(`${ROOT}man`)
  .filter((name) => /\.\d$/.test(name) && !commandPages.some(([page]) => page === name))
  .sort();

const texts = [
  ...commandPages.map(([page, id]) => [`man/${page}`, commandPage(id, textOf(`man/${page}`))]),
  ...(await Promise.all(otherPages.map(otherPage))),
  ['README.md', await withReadmeParts(textOf('README.md'))],
  ['package.json', packageWithPages()],
];

const stale = texts.filter(([path, text]) => textOf(path) !== text);
for (const [path, text] of stale) {
  if (!process.argv.includes('--check')) writeFileSync(ROOT + path, text);
  console.log(path);
}
if (process.argv.includes('--check') && stale.length > 0) process.exitCode = 1;

/** Returns the path and the text of a page about no single command; kms(1) refers to all others. */
async function otherPage(page) {
  const parts = sectionsOf(await withPageParts(textOf(`man/${page}`)));
  if (page === 'kms.1') parts['SEE ALSO'] = allPages();
  return [`man/${page}`, pageText(parts)];
}

function allPages() {
  const pages = [...commandPages.map(([page]) => page), ...otherPages];
  return references(
    pages.filter((page) => page !== 'kms.1').map((page) => page.replace(/\.(\d)$/, ' $1')),
  );
}

function packageWithPages() {
  const pages = [...commandPages.map(([page]) => page), ...otherPages];
  const described = {
    ...JSON.parse(textOf('package.json')),
    man: pages
      .sort((a, b) => (sectionAndName(a) < sectionAndName(b) ? -1 : 1))
      .map((page) => `man/${page}`),
  };
  return `${JSON.stringify(described, undefined, 2)}\n`;
}

function sectionAndName(page) {
  return page.split('.').reverse().join('.');
}

function textOf(path) {
  return existsSync(ROOT + path) ? readFileSync(ROOT + path, 'utf8') : null;
}
