// A Kubernetes CronJob that runs one command of kms, hardened. What a Job does after each exit code is read from
// errors.ts.
import { exitCodesFor } from '../errors.js';
import type { Cadence } from './cadence.js';
import type { Variable } from './carried-variables.js';
import { CONFIGURATION_FOLDER, SECRET_FOLDER } from './pod-mounts.js';
import { inlineList, quoted, yamlDocument, type YamlComment } from './yaml-document.js';

export interface CronJob {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** In UTC. */
  readonly cadence: Cadence;
  /** The arguments of kms. */
  readonly args: readonly string[];
  /** How many Pods run at once; each has an index of its own. */
  readonly pods: number;
  /** The names of the ConfigMap and of the Secret. */
  readonly mounts: string;
  /** For the environment, none of them secret. */
  readonly variables: readonly Pick<Variable, 'name' | 'value'>[];
  /** The user and group that the container runs as; null for those of the image, or of the namespace. */
  readonly userId: number | null;
}

const JOB = ['spec', 'jobTemplate', 'spec'] as const;
const RULES = [...JOB, 'podFailurePolicy', 'rules'] as const;
const SECRET_VOLUME = [...JOB, 'template', 'spec', 'volumes', 1, 'secret'] as const;

/** How often a Job, or each of its indexes, is tried again. */
const RETRIES = 3;

/** How long a Job may take: until the next one, between an hour and a day. It ends as after a first SIGTERM. */
const MIN_ACTIVE_SECONDS = 3600;
const MAX_ACTIVE_SECONDS = 86_400;

const COMMENTS: readonly YamlComment[] = [
  {
    path: ['spec', 'startingDeadlineSeconds'],
    text: 'A run that was missed is made up for until the next one is due.',
  },
  {
    path: ['spec', 'concurrencyPolicy'],
    text: 'Runs may overlap: each key is still rotated once per deadline.',
  },
  { path: [...RULES, 0], text: 'A retry would not help: somebody has to look.' },
  { path: [...RULES, 1], text: 'A node that was drained or lost counts as no failure.' },
];

const USER_COMMENTS: Readonly<Record<'fixed' | 'open', readonly YamlComment[]>> = {
  fixed: [{ path: [...SECRET_VOLUME, 'defaultMode'], text: '0440 in octal: fsGroup may read it.' }],
  open: [
    {
      path: [...SECRET_VOLUME, 'defaultMode'],
      text: '0444 in octal: whichever user the cluster chooses may read it. Only this container mounts it.',
    },
  ],
};

/** Returns the manifest. */
export function cronJobManifest(job: CronJob): string {
  const limit = job.pods === 1 ? 'backoffLimit' : 'backoffLimitPerIndex';
  return yamlDocument(
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: job.name, namespace: quoted(job.namespace) },
      spec: {
        schedule: quoted(job.cadence.cron),
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Allow',
        startingDeadlineSeconds: job.cadence.everySeconds,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: jobSpec(job) },
      },
    },
    [
      ...COMMENTS,
      { path: [...RULES, 2], text: `These are retried, at most ${limit} times.` },
      ...USER_COMMENTS[job.userId === null ? 'open' : 'fixed'],
    ],
  );
}

function jobSpec(job: CronJob): object {
  const { everySeconds } = job.cadence;
  return {
    ...(job.pods === 1 ? { backoffLimit: RETRIES } : indexed(job.pods)),
    activeDeadlineSeconds: Math.min(Math.max(everySeconds, MIN_ACTIVE_SECONDS), MAX_ACTIVE_SECONDS),
    ttlSecondsAfterFinished: 604_800,
    podFailurePolicy: {
      rules: [
        {
          action: job.pods === 1 ? 'FailJob' : 'FailIndex',
          onExitCodes: exitCodes(exitCodesFor('look')),
        },
        {
          action: 'Ignore',
          onPodConditions: [{ type: 'DisruptionTarget', status: quoted('True') }],
        },
        {
          action: 'Count',
          onExitCodes: exitCodes([
            ...exitCodesFor('retry'),
            ...exitCodesFor('run-again'),
            ...exitCodesFor('ended'),
          ]),
        },
      ],
    },
    template: { metadata: { labels: labels(job.name) }, spec: podSpec(job) },
  };
}

/** What one shard meets ends no other. */
function indexed(pods: number): object {
  return {
    completionMode: 'Indexed',
    completions: pods,
    parallelism: pods,
    backoffLimitPerIndex: RETRIES,
  };
}

function exitCodes(values: readonly number[]): object {
  return { containerName: 'kms', operator: 'In', values: inlineList(values) };
}

function labels(name: string): object {
  return { 'app.kubernetes.io/name': 'kms', 'app.kubernetes.io/component': name };
}

function podSpec(job: CronJob): object {
  const { mounts, userId } = job;
  return {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 120,
    securityContext: {
      runAsNonRoot: true,
      ...(userId === null ? {} : { runAsUser: userId, runAsGroup: userId, fsGroup: userId }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(job)],
    volumes: [
      { name: 'configuration', configMap: { name: mounts } },
      {
        name: 'secret',
        secret: { secretName: mounts, defaultMode: userId === null ? 0o444 : 0o440 },
      },
    ],
  };
}

function container({ image, args, variables }: CronJob): object {
  return {
    name: 'kms',
    image: quoted(image),
    args: inlineList(args.map(quoted)),
    env: [
      { name: 'KMS_CONFIG', value: `${CONFIGURATION_FOLDER}/kms.toml` },
      ...variables.map(({ name, value }) => ({ name, value: quoted(value) })),
    ],
    resources: {
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { memory: '512Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: inlineList(['ALL']) },
    },
    volumeMounts: [
      { name: 'configuration', mountPath: CONFIGURATION_FOLDER, readOnly: true },
      { name: 'secret', mountPath: SECRET_FOLDER, readOnly: true },
    ],
  };
}
