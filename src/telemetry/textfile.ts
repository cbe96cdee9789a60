// The metrics of the last runs as a file for node_exporter's textfile collector, in Prometheus' text format. All are
// gauges. A metric name never changes its meaning. textfile-sections.ts keeps what other commands and shards wrote.
import type { EpochSeconds } from '../kmip/date-time.js';
import { summaryOf, type RunReport } from '../report/run-report.js';
import { AHEAD, NEAR, PREFIXES, RUN_FIGURES, STANDING } from './metric-names.js';
import {
  countByLabels,
  runMetrics,
  type Figure,
  type MetricOptions,
  type Labels,
  type CommandRun,
} from './run-metrics.js';
import {
  earlierFamilies,
  knownStore,
  parseSections,
  sectionsText,
  withSection,
  type FamilyText,
  type Section,
} from './textfile-sections.js';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Figure[];
}

export interface TextfileOptions extends MetricOptions {
  readonly now: EpochSeconds;
  /** Added to every sample, for when several runs write files for one collector. */
  readonly labels: Labels;
  /** How often runs are started; null if no setting says. */
  readonly cadenceSeconds: number | null;
  /** False if the store could not be opened, so that its label lacks the digits of its id. */
  readonly storeIsKnown: boolean;
}

/** Returns the content of a file with the figures of a run; the sections of others stay as they are. */
export function prometheusText(run: CommandRun, options: TextfileOptions, content = ''): string {
  const sections = parseSections(content);
  const { command } = run;
  const shard = options.labels['shard'] ?? null;
  const store = options.storeIsKnown
    ? run.store
    : knownStore(sections, { command, shard, store: run.store });
  const written: Section = {
    ...{ command, store, shard },
    writtenAt: options.now,
    cadenceSeconds: cadenceOf(command, options),
    families: [
      ...familiesOf({ ...run, store }, options).flatMap(familyText),
      ...keptFamilies(run, sections, { command, shard, store }),
    ],
  };
  return sectionsText(withSection(sections, written));
}

/** A run that does not know how the store stands leaves what the file says of it, since no alert may end by that. */
function keptFamilies(
  { report }: CommandRun,
  sections: readonly Section[],
  runs: Pick<Section, 'command' | 'shard' | 'store'>,
): readonly FamilyText[] {
  if (report?.standing) return [];
  const names: readonly string[] = Object.values(STANDING).map(([name]) => name);
  return earlierFamilies(sections, runs).filter(({ name }) => names.includes(name));
}

const DAY_SECONDS = 86_400;

/** Warnings are given daily, however often keys are rotated. */
function cadenceOf(command: string, { cadenceSeconds }: TextfileOptions): number {
  const cadence = cadenceSeconds ?? DAY_SECONDS;
  return command === 'warnings' ? Math.max(cadence, DAY_SECONDS) : cadence;
}

function familiesOf(run: CommandRun, options: TextfileOptions): readonly Family[] {
  const metrics = runMetrics(run, options);
  const { now } = options;
  const labels = { store: run.store, ...options.labels };
  // Runs and warnings share a file, and a collector accepts a name with the same labels only once.
  const prefix = run.command === 'warnings' ? PREFIXES.warnings : PREFIXES.rotation;
  const single = (name: string, help: string, value: number): Family => ({
    name: `${prefix}_${name}`,
    help,
    samples: [[labels, value]],
  });
  const perKey = (name: string, help: string, points: readonly Labels[]): Family => ({
    name,
    help,
    samples: countByLabels(points.map((point) => ({ ...labels, ...point }))),
  });
  return [
    single('last_run_timestamp_seconds', 'When the last run ended.', now),
    single(RUN_FIGURES.exitCode, 'The exit code of the last run.', run.exitCode),
    single('last_run_duration_seconds', 'How long the last run took.', metrics.durationSeconds),
    ...dueFamilies(metrics.due, single),
    outcomes(run.report, labels),
    ...standingFamilies(metrics.standing, labels),
    perKey('kms_key_auto_rotation', 'Keys that the last run rotated.', metrics.rotated),
    perKey(
      'kms_key_auto_rotation_failure',
      'Keys that the last run could not rotate.',
      metrics.failed,
    ),
    perKey(
      NEAR,
      'Keys whose deadline is near, by the threshold that it has reached.',
      metrics.near,
    ),
    labelled(AHEAD, metrics.ahead, labels),
  ];
}

function dueFamilies(
  due: ReturnType<typeof runMetrics>['due'],
  single: (name: string, help: string, value: number) => Family,
): readonly Family[] {
  if (due === null) return [];
  return [
    single('due', 'Keys that the last run found due.', due.keys),
    single(
      RUN_FIGURES.overdue,
      'How long the longest overdue key had been due.',
      due.overdueAgeSeconds,
    ),
  ];
}

function standingFamilies(
  standing: ReturnType<typeof runMetrics>['standing'],
  labels: Labels,
): readonly Family[] {
  if (standing === null) return [];
  const { conditions, oldestConditionAgeSeconds, lastGoodRuns, cadences } = standing;
  const family = (named: readonly [string, string], figures: readonly Figure[]) =>
    labelled(named, figures, labels);
  return [
    family(STANDING.conditions, conditions),
    family(STANDING.oldest, [[{}, oldestConditionAgeSeconds]]),
    family(STANDING.lastGood, lastGoodRuns),
    family(STANDING.cadence, cadences),
  ];
}

function labelled(
  [name, help]: readonly [string, string],
  figures: readonly Figure[],
  labels: Labels,
): Family {
  return { name, help, samples: figures.map(([more, value]) => [{ ...labels, ...more }, value]) };
}

function outcomes(report: RunReport | null, labels: Labels): Family {
  const name = `${PREFIXES.rotation}_${RUN_FIGURES.keys}`;
  const help = 'Keys by their outcome in the last run.';
  if (report === null) return { name, help, samples: [] };
  const { rotated, failed, skipped, notAttempted, mended } = summaryOf(report);
  const counts = { rotated, failed, skipped, 'not-attempted': notAttempted, mended };
  const samples = Object.entries(counts).map(([outcome, count]): Figure => [
    { ...labels, outcome },
    count,
  ]);
  return { name, help, samples };
}

function familyText({ name, help, samples }: Family): readonly FamilyText[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`);
  return [{ name, help, lines }];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Escapes backslash, double quote and line feed (Prometheus, "Exposition formats"). */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
