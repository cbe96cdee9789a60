// The examples that stand in README.md, in the manual and in each command's help, as the texts have them.
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
  readonly flags: Readonly<Record<string, { readonly char?: string }>>;
}

export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** Returns each command that help shows, by its id. */
export function shownCommands(): Readonly<Record<string, ManifestCommand>> {
  const { commands } = JSON.parse(textOf('oclif.manifest.json')) as Manifest;
  return Object.fromEntries(Object.entries(commands).filter(([, { hidden }]) => hidden !== true));
}

/** Returns the text of every fenced block of README.md in a language. */
export function readmeBlocks(language: string): readonly string[] {
  const blocks = textOf('README.md').matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'));
  return [...blocks].map(([, text = '']) => text);
}

export function pageOf(id: string): string {
  return ['kms', ...id.split(':')].join('-');
}

/** Returns the text between a heading of a page of the manual and the next. */
export function manualSection(page: string, heading: string): string {
  return page.split(`.Sh ${heading}\n`)[1]?.split('\n.Sh ')[0] ?? '';
}

/** The blocks of README.md that a reader types, without comments; those that begin with `#!` are files. */
export function readmeExamples(): readonly Examples[] {
  return readmeBlocks('sh')
    .filter((text) => !text.startsWith('#!'))
    .map((text) =>
      text
        .replaceAll(/ +# .*/g, '')
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    )
    .map((lines) => ({ where: `README.md: ${lines[0] ?? ''}`, lines }));
}

/** What stands behind a `$`, or is a line of a crontab, in the EXAMPLES of each page. */
export function manualExamples(): readonly Examples[] {
  return readdirSync(`${ROOT}man`)
    .filter((page) => /\.\d$/.test(page))
    .map((page) => ({
      where: `man/${page}`,
      lines: manualSection(textOf(`man/${page}`), 'EXAMPLES')
        .split('\n')
        .map((line) => line.replace(/^\.Dl /, ''))
        .filter((line) => /^(\$|(\S+ ){4}\*) /.test(line))
        .map((line) => asRead(line.replace(/^\$ /, ''))),
    }));
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

/** Text of mdoc as a reader sees it. */
function asRead(text: string): string {
  return text.replaceAll('\\(dq', '"').replaceAll('\\-', '-').replaceAll('\\e', '\\');
}
