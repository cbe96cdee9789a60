// The sections of a metrics file: one for each command, store and shard that writes to it. A family may have samples of
// several sections, as Prometheus' text format wants them together, so comments say which lines are whose.
import type { EpochSeconds } from '../kmip/date-time.js';

export interface Section {
  readonly command: string;
  readonly store: string;
  /** Null for a run over all keys. */
  readonly shard: string | null;
  readonly writtenAt: EpochSeconds;
  /** How often it is written, in seconds. */
  readonly cadenceSeconds: number;
  readonly families: readonly FamilyText[];
}

export interface FamilyText {
  readonly name: string;
  readonly help: string;
  /** Samples, without line ends. */
  readonly lines: readonly string[];
}

/** Returns the sections of a file; none if another program, or a version without sections, wrote it. */
export function parseSections(text: string): readonly Section[] {
  const sections: ParsedSection[] = [];
  let family = { name: '', help: '' };
  let current: ParsedSection | undefined;
  for (const line of text.split('\n')) {
    const header = HEADER.exec(line);
    const [, name, help = ''] = /^# HELP (\S+) ?(.*)$/.exec(line) ?? [];
    const [, index] = /^# section (\d+)$/.exec(line) ?? [];
    if (header !== null) sections.push({ ...headerOf(header), families: [] });
    else if (name !== undefined) family = { name, help };
    else if (index !== undefined) {
      current = sections[Number(index)];
      current?.families.push({ ...family, lines: [] });
    } else if (line !== '' && !line.startsWith('#')) current?.families.at(-1)?.lines.push(line);
  }
  return sections;
}

interface ParsedSection extends Section {
  readonly families: { readonly name: string; readonly help: string; readonly lines: string[] }[];
}

/** Returns the content of the file with these sections. */
export function sectionsText(sections: readonly Section[]): string {
  const headers = sections.map(
    ({ command, store, shard, writtenAt, cadenceSeconds }, index) =>
      `# section ${index} of kms: at=${writtenAt} every=${cadenceSeconds} store=${store} shard=${shard ?? '-'} ${command}\n`,
  );
  const families = new Map<string, string>();
  for (const [index, section] of sections.entries()) {
    for (const { name, help, lines } of section.families) {
      const head = families.get(name) ?? `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
      families.set(name, `${head}# section ${index}\n${lines.join('\n')}\n`);
    }
  }
  return [...headers, ...families.values()].join('');
}

/**
 * Returns the sections once one of them is written anew: without its earlier form, without that of a run which could
 * not open the same store, and without those that are older than two of their cadences.
 */
export function withSection(sections: readonly Section[], written: Section): readonly Section[] {
  const kept = sections.filter((section) => {
    const isOld = section.writtenAt + 2 * section.cadenceSeconds < written.writtenAt;
    const isSame = isOfSameRuns(section, written) && section.store === written.store;
    return !isOld && !isSame && !isGuessOf(section, written);
  });
  return [...kept, written];
}

/** Returns the families of the section that a run writes anew. */
export function earlierFamilies(
  sections: readonly Section[],
  run: Runs & Pick<Section, 'store'>,
): readonly FamilyText[] {
  const found = sections.find(
    (section) => isOfSameRuns(section, run) && section.store === run.store,
  );
  return found?.families ?? [];
}

/**
 * Returns the label of a store that could not be opened, whose id is unknown: the one label in the file that has an id
 * after it, so that the series go on.
 */
export function knownStore(
  sections: readonly Section[],
  run: Pick<Section, 'command' | 'shard' | 'store'>,
): string {
  const found = sections.filter((section) => isOfSameRuns(section, run) && isGuessOf(run, section));
  const [only] = found;
  return only !== undefined && found.length === 1 ? only.store : run.store;
}

const HEADER = /^# section \d+ of kms: at=(\d+) every=(\d+) store=(\S+) shard=(\S+) (.+)$/;

function headerOf([, at, every, store = '', shard = '', command = '']: RegExpExecArray) {
  return {
    ...{ command, store, shard: shard === '-' ? null : shard },
    ...{ writtenAt: Number(at), cadenceSeconds: Number(every) },
  };
}

type Runs = Pick<Section, 'command' | 'shard'>;

function isOfSameRuns(one: Runs, other: Runs): boolean {
  return one.command === other.command && one.shard === other.shard;
}

/** Says whether a label without the digits of an id may be that of a store with them. */
function isGuessOf(
  guess: Runs & Pick<Section, 'store'>,
  known: Runs & Pick<Section, 'store'>,
): boolean {
  return (
    isOfSameRuns(guess, known) &&
    known.store.replace(/-[0-9a-f]{8}$/, '') === guess.store &&
    known.store !== guess.store
  );
}
