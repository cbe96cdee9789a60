// The commands as oclif.manifest.json has them, in the order in which readers look for them, and the page of each.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../../../src/text/duration.ts';
import {
  itemsIn,
  listAfter,
  literal,
  line,
  pageText,
  prose,
  references,
  referencesIn,
  replaceList,
  sectionsOf,
  sentence,
  tagList,
} from './mdoc.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Topics and commands that readers look for first; others follow by name. */
const FIRST = [
  ...['rotate', 'due', 'init', 'key', 'certificate', 'policy', 'report', 'forecast', 'history'],
  ...['prune', 'warnings', 'notify', 'schedule', 'monitoring', 'config', 'completion', 'version'],
];

/** Above what is written by hand of an option, below what its definition says. */
const BY_HAND = '.\\" also\n';

const OPTIONS = 'The options are:';

const { commands } = JSON.parse(readFileSync(`${ROOT}oclif.manifest.json`, 'utf8'));

export const IDS = Object.keys(commands)
  .filter((id) => !commands[id].hidden)
  .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));

function placeOf(id) {
  const place = FIRST.indexOf(id.split(':')[0]);
  return place === -1 ? FIRST.length : place;
}

export function pageOf(id) {
  return ['kms', ...id.split(':')].join('-');
}

export function summaryOf(id) {
  return commands[id].summary;
}

/** As it is typed: `kms key show UID`. */
export function usageOf(id) {
  const args = Object.values(commands[id].args).map(({ name, required, multiple }) => {
    const shown = `${name.toUpperCase()}${multiple ? '…' : ''}`;
    return required ? shown : `[${shown}]`;
  });
  return [typed(id), ...args].join(' ');
}

/** Returns a command's page: names, synopsis, options and references anew, all else as it is written. */
export function commandPage(id, text) {
  const command = commands[id];
  const page = pageOf(id);
  const parts = sectionsOf(text ?? skeleton(id));
  parts.NAME = `.Nm ${page}\n.Nd ${line(command.summary)}\n`;
  parts.SYNOPSIS = synopsis(id);
  parts.DESCRIPTION = withOptions(parts.DESCRIPTION, ownFlags(id));
  parts['SEE ALSO'] = references(
    [
      ...referencesIn(parts['SEE ALSO']),
      'kms 1',
      ...relatedTo(id).map((other) => `${pageOf(other)} 1`),
    ].filter((name) => name !== `${page} 1`),
  );
  return pageText(parts);
}

/** kms(1) tells of those that all commands take. */
function ownFlags(id) {
  return Object.values(commands[id].flags).filter(({ helpGroup }) => helpGroup !== 'GLOBAL');
}

function synopsis(id) {
  const options = ownFlags(id).map((flag) => `.Op ${namesOf(flag, ' | ')}${valueOf(flag)}\n`);
  const words = Object.values(commands[id].args).map(({ name, required, multiple }) => {
    const shown = `Ar ${name}${multiple ? ' ...' : ''}`;
    return required ? `.${shown}\n` : `.Op ${shown}\n`;
  });
  return `.Nm ${typed(id)}\n${options.join('')}.Op Ar common options\n${words.join('')}`;
}

/** Says of each option what its definition says, then what is written of it by hand. */
function withOptions(description, flags) {
  const common =
    'Options that all commands take, and how durations and keys are written, are in\n.Xr kms 1 .\n';
  const [text] = description.split(`.Pp\n${OPTIONS}`);
  const rest = description.includes(OPTIONS)
    ? afterList(description).replace(`.Pp\n${common}`, '').replace(common, '')
    : '';
  if (flags.length === 0) return `${text.replace(`.Pp\n${common}`, '')}.Pp\n${common}${rest}`;
  const written = itemsIn(listAfter(description, OPTIONS));
  const items = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const [, more] = (written[flag.name] ?? '').split(BY_HAND);
      const body = `${prose(sentence(definition(flag)))}\n${more === undefined ? '' : BY_HAND + more}`;
      return [`${namesOf(flag, ' , ')}${valueOf(flag)}`, body];
    });
  return `${text}.Pp\n${OPTIONS}\n${tagList(items)}.Pp\n${common}${rest}`;
}

function afterList(description) {
  const [, rest] = replaceList(description, OPTIONS, '\0').split('\0');
  return rest;
}

function definition({ name, description, options, multiple, helpValue, allowNo, default: preset }) {
  const choices = options === undefined ? '' : `; one of ${options.join(', ')}`;
  const several = multiple && !/repeat|more than once/.test(description) ? '; may be repeated' : '';
  const without =
    preset === undefined || preset === false || options?.length > 9
      ? ''
      : `; ${helpValue === '<duration>' ? formatDuration(preset) : preset} if not given`;
  const negated = allowNo && !description.includes('--no-') ? `; --no-${name} does not` : '';
  return `${description}${choices}${several}${without}${negated}`;
}

function namesOf({ char, name }, between) {
  return `${char ? `Fl ${char}${between}` : ''}${between === ' | ' && char ? '' : 'Fl '}-${name}`;
}

function valueOf({ type, helpValue, name }) {
  if (type !== 'option') return '';
  return ` Ar ${helpValue?.replace(/[<>]/g, '') ?? name}`;
}

/** What a new command's page begins as. */
function skeleton(id) {
  const { description, summary, examples } = commands[id];
  const paragraphs = (description ?? sentence(summary)).split('\n\n').map(prose);
  const shown = (examples ?? []).map(
    (text) => `.Dl $ ${literal(text.replace('<%= config.bin %>', 'kms'))}\n`,
  );
  return pageText({
    head: `.Dd November 29, 2026\n.Dt ${pageOf(id).toUpperCase()} 1\n.Os\n`,
    NAME: '',
    SYNOPSIS: '',
    DESCRIPTION: `${paragraphs.join('\n.Pp\n')}\n`,
    'EXIT STATUS': 'As listed in\n.Xr kms 1 .\n',
    EXAMPLES: shown.join(''),
    'SEE ALSO': '',
  });
}

function typed(id) {
  return ['kms', ...id.split(':')].join(' ');
}

/** Returns the other commands of a topic. */
function relatedTo(id) {
  const [topic, ...others] = id.split(':');
  return others.length === 0 ? [] : IDS.filter((other) => other.startsWith(`${topic}:`));
}
