// `kms monitoring grafana`: a dashboard over the metrics file, in Grafana's own JSON. Its queries take the names of
// metric-names.ts, and of several hosts that write about one store the greatest figure, as the alert rules do.
import { AHEAD, PREFIXES, RUN_FIGURES, STANDING } from './metric-names.js';

/** What Grafana imports: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

interface Panel extends Shown {
  readonly id: number;
  readonly datasource: typeof DATASOURCE;
  readonly gridPos: Place;
  readonly targets: readonly Target[];
  readonly fieldConfig: { readonly defaults: Field; readonly overrides: readonly never[] };
}

interface Field {
  readonly unit: 'none' | 's';
  readonly min: number;
}

/** What the reader chooses. */
interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: 'datasource' | 'query';
  readonly query: string;
  readonly datasource?: typeof DATASOURCE;
  readonly refresh?: typeof ON_TIME_RANGE_CHANGED;
  readonly sort?: typeof ALPHABETICAL;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
}

/** In the 24 columns of a dashboard. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Target {
  readonly refId: string;
  readonly datasource: typeof DATASOURCE;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant: boolean;
}

interface Shown {
  readonly type: 'stat' | 'timeseries' | 'bargauge';
  readonly title: string;
  readonly description: string;
}

/** The one that the reader chooses. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

/** The schema of dashboards of Grafana 10 and later; newer ones migrate it. */
const SCHEMA_VERSION = 39;

/** Grafana's numbers for when a variable is asked for again, and in which order its values are shown. */
const ON_TIME_RANGE_CHANGED = 2;
const ALPHABETICAL = 1;

export function dashboard(): Dashboard {
  return {
    ...{ title: 'kms: key rotation', uid: 'kms-rotation', tags: ['kms'] },
    ...{ schemaVersion: SCHEMA_VERSION, editable: true, refresh: '5m' },
    time: { from: 'now-30d', to: 'now' },
    templating: { list: [datasourceVariable(), storeVariable()] },
    panels: PANELS.map(({ query, legend, unit, place, ...shown }, index) => ({
      ...shown,
      ...{ id: index + 1, datasource: DATASOURCE, gridPos: place },
      targets: [
        {
          ...{ refId: 'A', datasource: DATASOURCE, expr: query, legendFormat: legend },
          instant: shown.type !== 'timeseries',
        },
      ],
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    })),
  };
}

interface PanelPlan extends Shown {
  readonly query: string;
  readonly legend: string;
  readonly unit: Field['unit'];
  readonly place: Place;
}

const OF_STORE = '{store=~"$store"}';

const [conditions, oldest, lastGood] = (['conditions', 'oldest', 'lastGood'] as const).map(
  (name) => `${STANDING[name][0]}${OF_STORE}`,
) as [string, string, string];
const ofRun = (name: string) => `${PREFIXES.rotation}_${name}${OF_STORE}`;
const keys = (outcome: string) =>
  `max by (store) (${PREFIXES.rotation}_${RUN_FIGURES.keys}{store=~"$store",outcome="${outcome}"})`;

const PANELS: readonly PanelPlan[] = [
  {
    ...{ type: 'stat', title: 'What is wrong', unit: 'none', place: { x: 0, y: 0, w: 6, h: 4 } },
    description: 'Conditions that hold; kms status names them.',
    query: `sum by (store) (max by (store, kind, reason) (${conditions})) or max by (store) (${oldest}) * 0`,
    legend: '{{store}}',
  },
  {
    ...{ type: 'stat', title: 'Oldest condition', unit: 's', place: { x: 6, y: 0, w: 6, h: 4 } },
    description: 'How long the oldest condition has lasted.',
    query: `max by (store) (${oldest})`,
    legend: '{{store}}',
  },
  {
    ...{ type: 'stat', title: 'Last good run', unit: 's', place: { x: 12, y: 0, w: 6, h: 4 } },
    description: 'How long ago, for each set of filters and each shard.',
    query: `time() - max by (store, scope) (${lastGood})`,
    legend: '{{store}} {{scope}}',
  },
  {
    ...{ type: 'stat', title: 'Longest overdue', unit: 's', place: { x: 18, y: 0, w: 6, h: 4 } },
    description: 'How long the longest overdue key has been due; kms due list names the keys.',
    query: `max by (store) (${ofRun(RUN_FIGURES.overdue)})`,
    legend: '{{store}}',
  },
  {
    ...{ type: 'timeseries', title: 'Keys rotated', unit: 'none' },
    place: { x: 0, y: 4, w: 12, h: 8 },
    description: 'By the last run, at each time.',
    query: keys('rotated'),
    legend: '{{store}}',
  },
  {
    ...{ type: 'timeseries', title: 'Keys due and not rotated', unit: 'none' },
    place: { x: 12, y: 4, w: 12, h: 8 },
    description: 'Those that failed, and those that a limit or a signal left.',
    query: `${keys('failed')} + ${keys('not-attempted')}`,
    legend: '{{store}}',
  },
  {
    ...{ type: 'timeseries', title: 'Conditions', unit: 'none' },
    place: { x: 0, y: 12, w: 12, h: 8 },
    description: 'What is wrong, by kind and reason.',
    query: `max by (store, kind, reason) (${conditions})`,
    legend: '{{store}} {{kind}}: {{reason}}',
  },
  {
    ...{ type: 'bargauge', title: 'Deadlines ahead', unit: 'none' },
    place: { x: 12, y: 12, w: 12, h: 8 },
    description:
      'Rotations, and ends of certificates, in each of the next weeks; kms warnings writes them, with a metrics file. kms forecast names the keys.',
    query: `max by (store, kind, weeks_ahead) (${AHEAD[0]}${OF_STORE})`,
    legend: '{{store}} {{kind}} in week {{weeks_ahead}}',
  },
];

function datasourceVariable(): Variable {
  return { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' };
}

function storeVariable(): Variable {
  const query = `label_values(${STANDING.oldest[0]}, store)`;
  return {
    ...{ name: 'store', label: 'Store', type: 'query', datasource: DATASOURCE, query },
    ...{ refresh: ON_TIME_RANGE_CHANGED, sort: ALPHABETICAL },
    ...{ multi: true, includeAll: true, allValue: '.*' },
  };
}
