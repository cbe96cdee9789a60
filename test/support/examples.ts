// The examples of README.md, the manual and each command's help, as readers see them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Examples that belong together, one line of shell each, in the order in which a reader types them. */
export interface Examples {
  readonly where: string;
  readonly lines: readonly string[];
}

interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface ManifestCommand {
  readonly hidden?: boolean;
  readonly examples?: readonly string[];
  readonly flags: Readonly<
    Record<
      string,
      { readonly char?: string; readonly helpGroup?: string; readonly allowNo?: boolean }
    >
  >;
}

export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** Returns each command that help shows, by its id. */
export function shownCommands(): Readonly<Record<string, ManifestCommand>> {
  const { commands } = JSON.parse(textOf('oclif.manifest.json')) as Manifest;
  return Object.fromEntries(Object.entries(commands).filter(([, { hidden }]) => hidden !== true));
}

/** Returns the text of every fenced block of a language in Markdown. */
function blocksIn(markdown: string, language: string): readonly string[] {
  const blocks = markdown.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'));
  return [...blocks].map(([, text = '']) => text);
}

export function pageOf(id: string): string {
  return ['kms', ...id.split(':')].join('-');
}

/** Returns the text between a heading of a page of the manual and the next. */
export function manualSection(page: string, heading: string): string {
  return page.split(`.Sh ${heading}\n`)[1]?.split('\n.Sh ')[0] ?? '';
}

/** What a reader of README.md types, section by section, without comments. */
export function readmeExamples(): readonly Examples[] {
  const sections = textOf('README.md').split(/^(?=## )/m);
  return sections.map((section) => ({
    where: `README.md: ${section.split('\n')[0] ?? ''}`,
    lines: blocksIn(section, 'sh')
      .flatMap((block) => block.replaceAll(/ +# .*/g, '').split('\n'))
      .map((line) => line.trim())
      .filter(Boolean),
  }));
}

/** What a reader of the manual types after a `$`, and lines of a crontab, page by page. */
export function manualExamples(): readonly Examples[] {
  return manualPages().map((page) => ({
    where: `man/${page}`,
    lines: literalsIn(page)
      .flatMap((text) => text.replaceAll(/ \\\n */g, ' ').split('\n'))
      .filter((line) => /^(\$|(\S+ ){4}\*) /.test(line))
      .map((line) => line.replace(/^\$ /, '')),
  }));
}

/** Returns all that the manual shows as it stands: files, scripts, statements and examples. */
export function manualLiterals(): readonly string[] {
  return manualPages().flatMap(literalsIn);
}

export function manualPages(): readonly string[] {
  return readdirSync(`${ROOT}man`)
    .filter((page) => /\.\d$/.test(page))
    .sort();
}

function literalsIn(page: string): readonly string[] {
  const literals = textOf(`man/${page}`).matchAll(/^\.(?:Bd -literal.*\n([^]*?)\n\.Ed|Dl (.*))$/gm);
  return [...literals].map(([, display, line]) => asRead(display ?? line ?? ''));
}

/** The examples of each command's help that its page of the manual does not have. */
export function helpExamples(): readonly Examples[] {
  const inManual = new Set(manualExamples().flatMap(({ lines }) => lines));
  return Object.entries(shownCommands()).map(([id, { examples = [] }]) => ({
    where: `kms ${id.replaceAll(':', ' ')} --help`,
    lines: examples
      .map((line) => line.replaceAll('<%= config.bin %>', 'kms'))
      .filter((line) => !inManual.has(line)),
  }));
}

/** Returns text of mdoc as a reader sees it. */
function asRead(text: string): string {
  return text
    .replaceAll('\\(dq', '"')
    .replaceAll('\\-', '-')
    .replaceAll('\\&', '')
    .replaceAll('\\e', '\\');
}
