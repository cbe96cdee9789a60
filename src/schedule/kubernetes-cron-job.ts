// A Kubernetes CronJob that runs one command of kms, hardened. What a Job does after each exit code is read from
// errors.ts.
import { inlineList, quoted, yamlDocument, type YamlComment } from './yaml-document.js';
import { exitCodesFor } from '../errors.js';

export interface CronJob {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** As crontab(5) writes it, in UTC. */
  readonly cron: string;
  /** The arguments of kms. */
  readonly args: readonly string[];
  /** How many Pods run at once; each has an index of its own. */
  readonly pods: number;
}

const JOB = ['spec', 'jobTemplate', 'spec'] as const;
const RULES = [...JOB, 'podFailurePolicy', 'rules'] as const;
const SECRET_VOLUME = [...JOB, 'template', 'spec', 'volumes', 1, 'secret'] as const;

const COMMENTS: readonly YamlComment[] = [
  {
    path: ['spec', 'concurrencyPolicy'],
    text: 'Runs may overlap: each key is still rotated once per deadline.',
  },
  { path: [...RULES, 0], text: 'A retry would not help: somebody has to look.' },
  { path: [...RULES, 1], text: 'A node that was drained or lost counts as no failure.' },
  { path: [...RULES, 2], text: 'These are retried, at most backoffLimit times.' },
  { path: [...SECRET_VOLUME, 'defaultMode'], text: '0440 in octal.' },
];

/** Returns the manifest. */
export function cronJobManifest(job: CronJob): string {
  return yamlDocument(
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: job.name, namespace: quoted(job.namespace) },
      spec: {
        schedule: quoted(job.cron),
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Allow',
        startingDeadlineSeconds: 600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: jobSpec(job) },
      },
    },
    COMMENTS,
  );
}

function jobSpec(job: CronJob): object {
  const indexed = { completionMode: 'Indexed', completions: job.pods, parallelism: job.pods };
  return {
    ...(job.pods === 1 ? {} : indexed),
    activeDeadlineSeconds: 3600,
    backoffLimit: 3,
    ttlSecondsAfterFinished: 604_800,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: exitCodes(exitCodesFor('look')) },
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

function exitCodes(values: readonly number[]): object {
  return { containerName: 'kms', operator: 'In', values: inlineList(values) };
}

function labels(name: string): object {
  return { 'app.kubernetes.io/name': 'kms', 'app.kubernetes.io/component': name };
}

function podSpec(job: CronJob): object {
  return {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 120,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(job)],
    volumes: [
      { name: 'configuration', configMap: { name: 'kms' } },
      { name: 'secret', secret: { secretName: 'kms', defaultMode: 0o440 } },
    ],
  };
}

function container({ image, args }: CronJob): object {
  return {
    name: 'kms',
    image: quoted(image),
    args: inlineList(args.map(quoted)),
    env: [
      { name: 'KMS_CONFIG', value: '/etc/kms/kms.toml' },
      { name: 'KMS_DATABASE_URL_FILE', value: '/run/secrets/kms/database-url' },
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
      { name: 'configuration', mountPath: '/etc/kms', readOnly: true },
      { name: 'secret', mountPath: '/run/secrets/kms', readOnly: true },
    ],
  };
}
