// Parts of man pages and of README.md that are made from the program's own tables. In a text each stands between a
// line BEGIN and a line END with its name, in a comment.
import { readdirSync, readFileSync } from 'node:fs';
import { EXIT_CODES, REASONS } from '../../../src/errors.ts';
import { SETTING_NAMES, settingNamed, variableOf } from '../../../src/settings/settings.ts';
import { grantsFor } from '../../../src/store/prepare/grants.ts';
import { IDS, pageOf, ROOT, summaryOf, usageOf } from './commands.js';
import { display, line, literal, prose, sentence, shortList, tagList } from './mdoc.js';
import { logEvents, metrics, textfile } from './measured.js';

const TOPICS = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).oclif.topics;

const PAGE_PARTS = {
  commands: () =>
    shortList(
      IDS.map((id) => [`Xr ${pageOf(id)} 1`, `${line(summaryOf(id))}\n`]),
      `"${longest(IDS.map((id) => `${pageOf(id)}(1)`))}"`,
    ),
  'exit-codes': () =>
    shortList(
      EXIT_CODES.map(({ code, meaning, advice }) => [
        code,
        `${line(meaning)}\n${advice === '–' ? '' : `.Pq scheduler: ${line(advice)}\n`}`,
      ]),
      '"143"',
    ),
  reasons: () =>
    shortList(
      [...new Set(Object.values(REASONS))].sort().map((code) => [
        code,
        `${Object.keys(REASONS)
          .filter((reason) => REASONS[reason] === code)
          .map((reason) => `.Li ${reason}`)
          .join(' ,\n')}\n`,
      ]),
      '"1"',
    ),
  schemas: () =>
    shortList(
      schemas().map(({ $id, title }) => [`Li ${$id}`, `${prose(sentence(title))}\n`]),
      '"kms.policy-export/v1"',
    ),
  settings: () => tagList(SETTING_NAMES.map(settingItem)),
  'grants-postgresql': () => grants('postgres://db/kms'),
  'grants-mysql': () => grants('mysql://db/kms'),
  metrics: async () =>
    tagList(
      (await metrics()).map(({ name, kind, unit, attributes, description }) => [
        `Li ${name}`,
        `${description}\nA ${kind} in\n.Li ${unit}${attributes.length === 0 ? ' .' : listed(attributes)}\n`,
      ]),
    ),
  textfile: () =>
    tagList(
      textfile().map(({ name, labels, help }) => [
        `Li ${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`}`,
        `${help}\n`,
      ]),
    ),
  'log-events': () =>
    tagList(
      logEvents().map(({ events, members }) => [
        `Li ${events.join(' , ')}`,
        `${members.map((name) => `.Li ${name}`).join(' ,\n')}\n`,
      ]),
    ),
};

const README_PARTS = {
  commands: () => table(['Command', 'What it does'], commandRows()),
  'exit-codes': () =>
    table(
      ['Code', 'Meaning', 'What a scheduler should do'],
      EXIT_CODES.map(({ code: number, meaning, advice }) => [number, meaning, advice]),
    ),
};

/** Returns a page with its parts made anew. */
export function withPageParts(text) {
  return withParts(text, PAGE_PARTS, (word, name) => `.\\" ${word} ${name}\n`);
}

/** Returns README.md with its parts made anew. */
export function withReadmeParts(text) {
  return withParts(text, README_PARTS, (word, name) => `<!-- ${word} ${name} -->\n`);
}

async function withParts(text, parts, mark) {
  let result = text;
  for (const [name, make] of Object.entries(parts)) {
    const [begin, end] = [mark('BEGIN', name), mark('END', name)];
    const from = result.indexOf(begin) + begin.length;
    const to = result.indexOf(end);
    if (to === -1) continue;
    result = result.slice(0, from) + (await make()) + result.slice(to);
  }
  return result;
}

/** A row a command; a row a topic, where it has more than two. */
function commandRows() {
  const topics = new Map();
  for (const id of IDS) {
    const topic = id.split(':')[0];
    topics.set(topic, [...(topics.get(topic) ?? []), id]);
  }
  return [...topics].flatMap(([topic, [first, ...others]]) => {
    if (others.length < 2)
      return [first, ...others].map((id) => [code(usageOf(id)), summaryOf(id)]);
    const names = [
      usageOf(first).replace(/ [^a-z].*/, ''),
      ...others.map((id) => id.split(':')[1]),
    ];
    return [[names.map(code).join(', '), TOPICS[topic].description]];
  });
}

function settingItem(name) {
  const { kind, secret, flag, defaultValue, description } = settingNamed(name);
  const ways = [`.Ev ${variableOf(name)}`];
  if (secret) ways.push(`.Ev ${variableOf(name)}_FILE\n.Pq a file that holds it`);
  if (flag !== undefined) ways.push(`.Fl -${flag}`);
  const preset =
    defaultValue === undefined
      ? ''
      : `\n.Pp\nDefault:\n.Li ${literal(JSON.stringify(defaultValue))} .`;
  return [
    `Li ${name}`,
    `${prose(sentence(description))}\nIt ${prose(kind.requirement)}.${preset}\n.Pp\nAlso given by\n${ways.join(' ,\nby\n')} .\n`,
  ];
}

function schemas() {
  const folder = `${ROOT}src/schemas`;
  return readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')));
}

function grants(url) {
  const { init, run } = grantsFor(url, 'kms');
  return display(['-- for kms init', ...init, '-- for runs', ...run]);
}

function listed(attributes) {
  const noun = attributes.length === 1 ? 'attribute' : 'attributes';
  return ` ,\nwith the ${noun}\n${attributes.map((name) => `.Li ${name}`).join(' ,\n')} .`;
}

function table(head, rows) {
  const row = (cells) => `| ${cells.join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(row).join('');
}

function code(text) {
  return `\`${text}\``;
}

function longest(words) {
  return [...words].sort((a, b) => b.length - a.length)[0];
}
