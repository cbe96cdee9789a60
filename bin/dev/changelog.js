// CHANGELOG.md at a release, for the version in package.json: `close` gives what is unreleased that version and today's
// date, and `notes` prints what is under it. Both work in the current folder.
import { readFileSync, writeFileSync } from 'node:fs';

const UNRELEASED = '## [Unreleased]';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const [action] = process.argv.slice(2);

if (action === 'close') close();
else if (action === 'notes') console.log(notes());
else throw new Error('usage: node bin/dev/changelog.js close|notes');

/** A version that has its section already, as the first one has, is closed. */
function close() {
  if (sectionBelow(`## [${version}]`) !== undefined) return;
  if (!sectionBelow(UNRELEASED)) throw new Error('CHANGELOG.md has nothing under [Unreleased]');
  const today = new Date().toISOString().slice(0, 10);
  const closed = changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## [${version}] - ${today}`);
  writeFileSync('CHANGELOG.md', closed);
}

function notes() {
  const section = sectionBelow(`## [${version}]`);
  if (!section) throw new Error(`CHANGELOG.md has nothing under [${version}]`);
  return section;
}

/** Returns the text between a heading and the next one of its level; undefined without that heading. */
function sectionBelow(heading) {
  const sections = `\n${changelog}`.split('\n## ').map((section) => `## ${section}`);
  const section = sections.find((each) => each.startsWith(heading));
  return section?.slice(section.indexOf('\n')).trim();
}
