// Records the first minutes with kms: types them into a shell on a real terminal (tmux), and draws what that shows
// as man/first-minutes.svg, which README.md shows. The home is given another name, as no reader has this one. With
// --check nothing is written: it fails if the program shows something else by now, numbers, dates and the id of the store aside.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const COLUMNS = 80;
const LINES = 24;
const DAY_MS = 86_400_000;
const POLL_MS = 50;
const LONGEST_MS = 20_000;
// eslint-disable-next-line no-control-regex -- terminals speak so
const ESCAPES = /\u001b\[([\d;]*)m/g;
const COLOURS = { 31: 'red', 32: 'green', 33: 'yellow', 34: 'blue', 35: 'magenta', 36: 'cyan' };
const picture = fileURLToPath(new URL('../../man/first-minutes.svg', import.meta.url));
const program = fileURLToPath(new URL('../run.js', import.meta.url));

const COMMANDS = [
  'kms init --yes',
  `kms key create invoices --keyset --interval 90d --initial-date ${dateBefore(100)}`,
  `kms key create login --type ec --keyset --interval 1y --initial-date ${dateBefore(400)}`,
  'kms due list',
  'kms rotate due --dry-run',
  'kms rotate due',
  'kms key lineage invoices',
  'kms history --columns at,uid,outcome,replacement-or-why',
];

const svg = drawn(await recorded(COMMANDS));
if (!process.argv.includes('--check')) {
  writeFileSync(picture, svg);
} else if (shapeOf(svg) !== shapeOf(readFileSync(picture, 'utf8'))) {
  console.error('the recording is out of date: npm run record');
  console.error(shapeOf(svg));
  process.exitCode = 1;
}

/** Returns what the terminal showed from the first prompt on, line by line, with its escapes. */
async function recorded(commands) {
  const home = mkdtempSync(join(tmpdir(), 'kms-record-'));
  mkdirSync(join(home, 'bin'));
  symlinkSync(program, join(home, 'bin', 'kms'));
  const env = {
    ...{ HOME: home, PATH: `${join(home, 'bin')}:${process.env.PATH}` },
    ...{ TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  };
  const server = ['-L', `kms-record-${process.pid}`, '-f', '/dev/null'];
  const tmux = (...words) => execFileSync('tmux', [...server, ...words], { env, encoding: 'utf8' });
  const seen = () =>
    tmux('capture-pane', '-p', '-e', '-J', '-S', '-')
      .replaceAll(home, '/home/ops')
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  try {
    const size = ['-x', String(COLUMNS), '-y', String(LINES)];
    // After a command that has failed there is another prompt: none that is waited for.
    tmux('new-session', '-d', ...size, '-c', home, "PS1='${?#0}$ ' exec /bin/sh");
    for (const [index, command] of commands.entries()) {
      await until(() => promptsIn(seen()) === index + 1);
      tmux('send-keys', '-l', command);
      tmux('send-keys', 'Enter');
    }
    await until(() => promptsIn(seen()) === commands.length + 1);
    return seen().slice(0, -1);
  } finally {
    tmux('kill-server');
    rmSync(home, { recursive: true });
  }
}

async function until(isSo) {
  for (let waited = 0; !isSo(); waited += POLL_MS) {
    if (waited > LONGEST_MS) throw new Error('the terminal does not show the next prompt');
    await pause(POLL_MS);
  }
}

function promptsIn(lines) {
  return lines.filter((line) => isPrompt(line)).length;
}

function isPrompt(line) {
  return /^\$( |$)/.test(plain(line));
}

function plain(line) {
  return line.replaceAll(ESCAPES, '');
}

/** Draws all lines; where a picture may move, each command comes first and what it shows a moment later. */
function drawn(lines) {
  const advance = 8.43;
  const leading = 20;
  const margin = 18;
  const width = Math.ceil(COLUMNS * advance) + 2 * margin;
  const classes = new Set();
  let seconds = 0;
  const rows = lines.map((line, index) => {
    if (isPrompt(line)) seconds += 1.6;
    else if (index > 0 && isPrompt(lines[index - 1])) seconds += 0.7;
    const style = `style="animation-delay:${seconds.toFixed(1)}s"`;
    return `<text y="${margin + (index + 1) * leading - 6}" ${style}>${spansOf(line, classes)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${lines.length * leading + 2 * margin}" role="img">
<title>The first minutes with kms, as a terminal shows them</title>
<style>
text { font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d7dae0; white-space: pre; transform: translateX(${margin}px); animation: appear 0.01s backwards; }
@keyframes appear { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { text { animation: none; } }
.typed, .bold { font-weight: bold; } .dim { fill: #8b919c; }
.red { fill: #f07178; } .green { fill: #a6d189; } .yellow { fill: #e5c07b; } .blue { fill: #82aaff; } .magenta { fill: #c99bf0; } .cyan { fill: #7fd1d8; }
</style>
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
${rows.join('\n')}
</svg>
`;
}

/** The parts of a line, each in the colour that is in force; a terminal's escapes hold until others come. */
function spansOf(line, classes) {
  const [first, ...parts] = line.split(ESCAPES);
  const spans = [span(first, classes)];
  for (let at = 0; at < parts.length; at += 2) {
    for (const code of parts[at].split(';')) colour(classes, Number(code));
    spans.push(span(parts[at + 1], classes));
  }
  if (!isPrompt(line)) return spans.join('');
  return `<tspan class="dim">$ </tspan><tspan class="typed">${escaped(plain(line).slice(2))}</tspan>`;
}

function span(text, classes) {
  if (text === '' || classes.size === 0) return escaped(text);
  return `<tspan class="${[...classes].join(' ')}">${escaped(text)}</tspan>`;
}

function colour(classes, code) {
  if (code === 0) classes.clear();
  if (code === 1) classes.add('bold');
  if (code === 2 || code === 90) classes.add('dim');
  if (code === 22) for (const name of ['bold', 'dim']) classes.delete(name);
  if (code >= 31 && code <= 39) for (const name of Object.values(COLOURS)) classes.delete(name);
  if (COLOURS[code]) classes.add(COLOURS[code]);
}

/** The text of a recording, with every number and every span of time the same. */
function shapeOf(text) {
  return text
    .replace(/^[^]*<rect.*\n/, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\bkms-[0-9a-f]{8}\b/g, 'kms-#')
    .replaceAll(/\d+ (y|d|h|min|s)\b( \d+ (y|d|h|min|s)\b)*/g, '#')
    .replaceAll(/[\d.]+/g, '#')
    .replaceAll(/ +/g, ' ');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function dateBefore(days) {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}
