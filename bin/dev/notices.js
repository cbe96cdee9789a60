// Writes THIRD-PARTY-NOTICES: the licence of each package that is bundled into dist/. With --check it writes nothing, and
// fails if the file is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledPackages } from './build/bundled-packages.js';

const INTRODUCTION = `kms is published as bundles that contain code of the packages below, each under its own licence.
Packages that are installed beside kms, as better-sqlite3 is, bring their licences with them.`;
const RULE = '-'.repeat(80);

/** undici contains this parser in compiled form, without its licence. */
const LLHTTP = {
  id: 'llhttp (in undici)',
  license: 'MIT',
  text: `This software is licensed under the MIT License.

Copyright Fedor Indutny, 2018.

Permission is hereby granted, free of charge, to any person obtaining a
copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included
in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS
OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE
USE OR OTHER DEALINGS IN THE SOFTWARE.`,
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = `${root}THIRD-PARTY-NOTICES`;

const notices = noticesOf([
  ...bundledPackages().map((bundled) => ({ ...bundled, text: licenceText(bundled) })),
  LLHTTP,
]);
if (!process.argv.includes('--check')) {
  writeFileSync(file, notices);
} else if (readFileSync(file, 'utf8') !== notices) {
  console.error('THIRD-PARTY-NOTICES is out of date: run npm run notices');
  process.exitCode = 1;
}

/** Gives each text once, under all the packages that have it. */
function noticesOf(packages) {
  const texts = [...new Set(packages.map(({ text }) => text))];
  const sections = texts.map((text) => {
    const names = packages
      .filter((each) => each.text === text)
      .map(({ id, license }) => `${id} (${license})`);
    return `${RULE}\n${names.join('\n')}\n${RULE}\n\n${text}\n`;
  });
  return [`${INTRODUCTION}\n`, ...sections].join('\n');
}

/** @throws Error if a package has no licence text, since it could not be published then. */
function licenceText({ id, folder }) {
  const names = readdirSync(`${root}${folder}`);
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const text = files.map((name) => textOf(`${folder}/${name}`)).join('\n\n');
  if (text !== '') return text;
  const readme = names.find((name) => /^readme/i.test(name));
  const section = /^#+ licen[cs]e\n+([^]+?)(?=\n#|$(?![^]))/im.exec(textOf(`${folder}/${readme}`));
  if (section === null) throw new Error(`${id} has no licence text in ${folder}`);
  return section[1].trim();
}

function textOf(path) {
  return readFileSync(root + path, 'utf8')
    .replaceAll('\r', '')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}
