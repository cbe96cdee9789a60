// Brings the manual up to date: from the commands' own definitions (oclif.manifest.json) and the table of settings come
// names, synopses, lists of options and settings, and references; what is written by hand between them stays. With --check
// nothing is written, and it fails if anything would be. Package.json gets a list of the pages, by which npm installs
// them. Run it by `npm run manual`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../../src/text/duration.ts';
import { SETTING_NAMES, settingOf, variableOf } from '../../src/settings/settings.ts';

const MOST_COLUMNS = 80;
const root = fileURLToPath(new URL('../..', import.meta.url));
const { commands } = JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8'));
const ids = Object.keys(commands)
  .filter((id) => !commands[id].hidden)
  .sort();
const main = readFileSync(`${root}man/kms.1`, 'utf8');

/** What kms(1) says of the flags that all commands take. */
const COMMON = Object.fromEntries(
  Object.entries(itemsIn(listAfter(main, 'Options that all commands take:'))).map(
    ([name, text]) => [name, text.replace('.Sx FILES .', '.Xr kms 1 .')],
  ),
);

const stale = [
  ...ids.map((id) => [`man/${pageOf(id)}.1`, commandPage(id)]),
  ['man/kms.1', mainPage()],
  ['man/kms.toml.5', settingsPage()],
  ['package.json', packageWithPages()],
].filter(([path, content]) => textOf(path) !== content);
for (const [path, content] of stale) {
  if (!process.argv.includes('--check')) writeFileSync(root + path, content);
  console.log(path);
}
if (process.argv.includes('--check') && stale.length > 0) process.exitCode = 1;

function commandPage(id) {
  const command = commands[id];
  const page = pageOf(id);
  const parts = sectionsOf(textOf(`man/${page}.1`) ?? skeleton(id));
  parts.NAME = `.Nm ${page}\n.Nd ${line(command.summary)}\n`;
  parts.SYNOPSIS = synopsis(id);
  parts.DESCRIPTION = withOptions(parts.DESCRIPTION, command.flags);
  parts['SEE ALSO'] = references(
    [
      ...referencesIn(parts['SEE ALSO']),
      'kms 1',
      ...ids.filter((other) => topicOf(other) === topicOf(id)).map((other) => `${pageOf(other)} 1`),
    ].filter((name) => name !== `${page} 1`),
  );
  return pageText(parts);
}

function mainPage() {
  const parts = sectionsOf(main);
  const items = ids.map((id) => `.It Xr ${pageOf(id)} 1\n${line(commands[id].summary)}\n`);
  const widest = ids.map((id) => `${pageOf(id)}(1)`).sort((a, b) => b.length - a.length)[0];
  parts.DESCRIPTION = replaceList(
    parts.DESCRIPTION,
    'The commands are:',
    `.Bl -tag -width "${widest}"\n${items.join('')}.El\n`,
  );
  const named = referencesIn(parts['SEE ALSO']).filter((name) => !name.startsWith('kms'));
  parts['SEE ALSO'] = references([...ids.map((id) => `${pageOf(id)} 1`), 'kms.toml 5', ...named]);
  return pageText(parts);
}

/** Wholly made from the table of settings. */
function settingsPage() {
  const items = SETTING_NAMES.map((name) => {
    const { kind, secret, flag, fallback, about } = settingOf(name);
    const ways = [`.Ev ${variableOf(name)}`];
    if (secret) ways.push(`.Ev ${variableOf(name)}_FILE\n.Pq a file that holds it`);
    if (flag !== undefined) ways.push(`.Fl -${flag}`);
    const preset =
      fallback === undefined ? '' : `\n.Pp\nDefault:\n.Li ${literal(JSON.stringify(fallback))} .`;
    return `.It Li ${name}\n${prose(sentence(about))}\nIt ${prose(kind.complaint)}.${preset}\n.Pp\nAlso given by\n${ways.join(' ,\nby\n')} .\n`;
  });
  return pageText({
    head: '.Dd November 26, 2026\n.Dt KMS.TOML 5\n.Os\n',
    NAME: '.Nm kms.toml\n.Nd configuration file of kms\n',
    DESCRIPTION: `Settings of
.Xr kms 1
in TOML.
A setting is taken from a flag, else from the environment, else from this file, else it has its default.
A name with dots stands below a table:
.Li log.level
is
.Li level
below
.Li [log] .
An unknown setting is an error that names the nearest known one.
.Pp
The settings are:
.Bl -tag -width Ds
${items.join('')}.El
`,
    FILES: `The first of these that is there, unless
.Fl -config
or
.Ev KMS_CONFIG
names another:
.Bl -tag -width Ds -compact
.It Pa ./kms.toml
.It Pa $XDG_CONFIG_HOME/kms/kms.toml
.It Pa /etc/kms/kms.toml
.El
`,
    EXAMPLES: `.Bd -literal -offset indent
[database]
url = "postgres://kms@db/kms?sslmode=verify-full"

[rotation]
first_deadline = "offset"
.Ed
`,
    'SEE ALSO': references(['kms 1']),
  });
}

function packageWithPages() {
  const pages = ['kms.1', ...ids.map((id) => `${pageOf(id)}.1`), 'kms.toml.5'];
  const described = {
    ...JSON.parse(textOf('package.json')),
    man: pages.map((page) => `man/${page}`),
  };
  return `${JSON.stringify(described, undefined, 2)}\n`;
}

function synopsis(id) {
  const { flags, args } = commands[id];
  const own = Object.values(flags).filter(({ helpGroup }) => helpGroup !== 'GLOBAL');
  const common = Object.values(flags).filter(({ helpGroup }) => helpGroup === 'GLOBAL');
  const words = Object.values(args).map(({ name, required, multiple }) => {
    const shown = `Ar ${name}${multiple ? ' ...' : ''}`;
    return required ? `.${shown}\n` : `.Op ${shown}\n`;
  });
  const options = [...own, ...common].map(
    (flag) => `.Op Fl ${flag.char ? `${flag.char} | ` : ''}-${flag.name}${valueOf(flag)}\n`,
  );
  return `.Nm ${page(id)}\n${options.join('')}${words.join('')}`;
}

/** Keeps what is written of an option; says of others what their definition says. */
function withOptions(description, flags) {
  const heading = 'The options are:';
  const text = description.includes(heading)
    ? description
    : `${description}.Pp\n${heading}\n.Bl -tag -width Ds\n.El\n`;
  const written = itemsIn(listAfter(text, heading));
  const all = [...Object.values(flags), { name: 'help' }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const items = all.map((flag) => {
    const body =
      COMMON[flag.name] ?? written[flag.name] ?? `${prose(sentence(definition(flag)))}\n`;
    return `.It ${flag.char ? `Fl ${flag.char} , ` : ''}Fl -${flag.name}${valueOf(flag)}\n${body}`;
  });
  return replaceList(text, heading, `.Bl -tag -width Ds\n${items.join('')}.El\n`);
}

function definition({ description, options, multiple, helpValue, default: preset }) {
  const choices = options === undefined ? '' : `; one of ${options.join(', ')}`;
  const several =
    multiple && !/repeated|more than once/.test(description) ? '; may be repeated' : '';
  const without =
    preset === undefined || preset === false || options?.length > 9
      ? ''
      : `; ${helpValue === '<duration>' ? formatDuration(preset) : preset} if not given`;
  return `${description}${choices}${several}${without}`;
}

function valueOf({ type, helpValue, name }) {
  if (type !== 'option') return '';
  return ` Ar ${helpValue?.replace(/[<>]/g, '') ?? name}`;
}

function skeleton(id) {
  const { description, summary, examples } = commands[id];
  const paragraphs = (description ?? `${sentence(summary)}`).split('\n\n').map(prose);
  const shown = (examples ?? []).map(
    (text) => `.Dl $ ${literal(text.replace('<%= config.bin %>', 'kms'))}\n`,
  );
  return pageText({
    head: `.Dd November 26, 2026\n.Dt ${pageOf(id).toUpperCase()} 1\n.Os\n`,
    NAME: '',
    SYNOPSIS: '',
    DESCRIPTION: `${paragraphs.join('\n.Pp\n')}\n`,
    'EXIT STATUS': 'As listed in\n.Xr kms 1 .\n',
    EXAMPLES: shown.join(''),
    'SEE ALSO': '',
  });
}

/** Splits a page at its headings; what stands above the first is its head. */
function sectionsOf(text) {
  const [head, ...rest] = text.split(/^\.Sh /m);
  return Object.fromEntries([
    ['head', head],
    ...rest.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  ]);
}

function pageText({ head, ...parts }) {
  return filled(
    head +
      Object.entries(parts)
        .map(([name, text]) => `.Sh ${name}\n${text}`)
        .join(''),
  );
}

/** Returns the list that follows a line of text, or an empty one. */
function listAfter(text, heading) {
  const from = text.indexOf('\n.Bl ', text.indexOf(heading)) + 1;
  return text.includes(heading) ? text.slice(from, endOfList(text, from)) : '';
}

function replaceList(text, heading, list) {
  const from = text.indexOf('\n.Bl ', text.indexOf(heading)) + 1;
  return text.slice(0, from) + list + text.slice(endOfList(text, from));
}

/** Lists may hold lists. */
function endOfList(text, from) {
  let depth = 0;
  for (const { 0: macro, index } of text.slice(from).matchAll(/^\.(Bl|El).*\n/gm)) {
    depth += macro.startsWith('.Bl') ? 1 : -1;
    if (depth === 0) return from + index + macro.length;
  }
  throw new Error('a list that does not end');
}

/** Returns the text of each item of a list of options, by the option's long name. */
function itemsIn(list) {
  const [, ...items] = list.replace(/\.El\n$/, '').split(/^\.It /m);
  return Object.fromEntries(
    items.map((item) => {
      const end = item.indexOf('\n') + 1;
      return [/Fl -([a-z-]+)/.exec(item.slice(0, end))?.[1] ?? item, item.slice(end)];
    }),
  );
}

function referencesIn(section) {
  return [...section.matchAll(/^\.Xr (\S+ \d)/gm)].map(([, name]) => name);
}

/** By section of the manual, then by name (mandoc wants them so). */
function references(names) {
  const key = (name) => name.split(' ').reverse().join(' ');
  const sorted = [...new Set(names)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `.Xr ${sorted.join(' ,\n.Xr ')}\n`;
}

/** Breaks lines of text that are too long to read; those of macros and of literal blocks stay. */
function filled(text) {
  let isLiteral = false;
  return text
    .split('\n')
    .map((row) => {
      if (/^\.(Bd|Ed)/.test(row)) isLiteral = row.startsWith('.Bd');
      return isLiteral || row.startsWith('.') ? row : wrapped(row);
    })
    .join('\n');
}

function wrapped(row) {
  const lines = [''];
  for (const word of row.split(' ')) {
    const last = lines.at(-1);
    if (last === '' || last.length + 1 + word.length <= MOST_COLUMNS) {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    } else {
      lines.push(/^[.']/.test(word) ? `\\&${word}` : word);
    }
  }
  return lines.join('\n');
}

function textOf(path) {
  return existsSync(root + path) ? readFileSync(root + path, 'utf8') : null;
}

function pageOf(id) {
  return ['kms', ...id.split(':')].join('-');
}

function page(id) {
  return ['kms', ...id.split(':')].join(' ');
}

function topicOf(id) {
  return id.includes(':') ? id.split(':')[0] : '';
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Text as mdoc has it: each sentence on a line of its own, no line a macro by mistake. */
function prose(text) {
  return line(text)
    .replace(/([.!?]) (?=[A-Z"\\])/g, '$1\n')
    .replace(/^([.'])/gm, '\\&$1');
}

function line(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replaceAll('–', '\\(en')
    .replaceAll('→', '\\(->')
    .replaceAll('≤', '\\(<=')
    .replaceAll('≥', '\\(>=');
}

/** A text in which no word is a macro's. */
function literal(text) {
  return line(text).replaceAll('"', '\\(dq');
}
