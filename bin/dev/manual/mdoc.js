// Text of man pages: sections, lists, references and escapes of mdoc(7). Knows no command and no setting.

const MOST_COLUMNS = 80;

/** Splits a page at its headings; what stands above the first is its head. */
export function sectionsOf(text) {
  const [head, ...rest] = text.split(/^\.Sh /m);
  return Object.fromEntries([
    ['head', head],
    ...rest.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  ]);
}

export function pageText({ head, ...sections }) {
  const bodies = Object.entries(sections).map(([name, text]) => `.Sh ${name}\n${text}`);
  return filled(head + bodies.join(''));
}

/** Returns the list that follows a line of text, or an empty one. */
export function listAfter(text, heading) {
  if (!text.includes(heading)) return '';
  const from = startOfList(text, heading);
  return text.slice(from, endOfList(text, from));
}

export function replaceList(text, heading, list) {
  const from = startOfList(text, heading);
  return text.slice(0, from) + list + text.slice(endOfList(text, from));
}

function startOfList(text, heading) {
  return text.indexOf('\n.Bl ', text.indexOf(heading)) + 1;
}

/** Lists may hold lists. */
function endOfList(text, from) {
  let depth = 0;
  for (const { 0: macro, index } of text.slice(from).matchAll(/^\.(Bl|El).*\n/gm)) {
    depth += macro.startsWith('.Bl') ? 1 : -1;
    if (depth === 0) return from + index + macro.length;
  }
  throw new Error('a list has no end');
}

/** Returns the text of each item of a list of options, by the option's long name. */
export function itemsIn(list) {
  const [, ...items] = list.replace(/\.El\n$/, '').split(/^\.It /m);
  return Object.fromEntries(
    items.map((item) => {
      const end = item.indexOf('\n') + 1;
      return [/Fl -([a-z-]+)/.exec(item.slice(0, end))?.[1] ?? item, item.slice(end)];
    }),
  );
}

export function tagList(items, width = 'Ds') {
  const rows = items.map(([tag, body]) => `.It ${tag}\n${body}`);
  return `.Bl -tag -width ${width}\n${rows.join('')}.El\n`;
}

/** One without blank lines, for items that are short. */
export function shortList(items, width) {
  return tagList(items, `${width} -compact`);
}

export function referencesIn(section = '') {
  return [...section.matchAll(/^\.Xr (\S+ \d)/gm)].map(([, name]) => name);
}

/** Sorted by section of the manual, then by name, as mandoc wants them. */
export function references(names) {
  const key = (name) => name.split(' ').reverse().join(' ');
  const sorted = [...new Set(names)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `.Xr ${sorted.join(' ,\n.Xr ')}\n`;
}

export function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Puts each sentence on a line of its own, and lets no line be taken for a macro. */
export function prose(text) {
  return line(text)
    .replace(/([.!?]) (?=[A-Z"\\])/g, '$1\n')
    .replace(/^([.'])/gm, '\\&$1');
}

export function line(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('--', '\\-\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replaceAll('–', '\\(en')
    .replaceAll('→', '\\(->')
    .replaceAll('≤', '\\(<=')
    .replaceAll('≥', '\\(>=');
}

/** Returns a text in which no word is taken for a macro's argument. */
export function literal(text) {
  return line(text).replaceAll('"', '\\(dq');
}

/** A block that is shown as it stands. */
export function display(lines) {
  const rows = lines.map((row) => row.replaceAll('\\', '\\e').replace(/^([.'])/, '\\&$1'));
  return `.Bd -literal\n${rows.join('\n')}\n.Ed\n`;
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
