// Kubernetes manifests for runs and warnings: two CronJobs (kubernetes-cron-job.ts), and the ConfigMap and the Secret
// that they mount, with the settings as pods can use them (pod-configuration.ts).
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { cronJobManifest, type CronJob } from './kubernetes-cron-job.js';
import { podConfiguration } from './pod-configuration.js';
import { podAddressNotices, podDatabaseUrl } from './pod-database-url.js';
import { newMounts, type Mounts } from './pod-mounts.js';
import { shardArguments, type Schedule } from './schedule.js';
import { quoted, yamlDocument } from './yaml-document.js';

export interface KubernetesOptions {
  readonly image: string;
  readonly namespace: string;
  /** The user and group of the containers; null to leave them to the image and the cluster. */
  readonly userId: number | null;
}

export interface KubernetesManifests {
  /** One YAML stream. */
  readonly content: string;
  readonly notices: readonly string[];
}

/** The variable with the index of a Pod in an Indexed Job. */
const SHARD = '$(JOB_COMPLETION_INDEX)';

/** @throws KmsError InvalidArgument for an SQLite store. */
export function kubernetesManifests(
  schedule: Schedule,
  settings: ResolvedSettings,
  databaseUrl: string,
  options: KubernetesOptions,
): KubernetesManifests {
  const mounts = newMounts();
  const url = podDatabaseUrl(databaseUrl, mounts);
  const { toml, variables } = podConfiguration(settings, mounts);
  const urlFile = { name: 'KMS_DATABASE_URL_FILE', value: mounts.addSecret('database-url', url) };
  const all = [urlFile, ...variables, ...podVariables(schedule, mounts)];
  const metadata = { name: schedule.prefix, namespace: quoted(options.namespace) };
  const documents = [
    yamlDocument({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'kms.toml': toml, ...mounts.files },
    }),
    secret(metadata, mounts),
    ...cronJobs(schedule, options).map((job) => cronJobManifest({ ...job, variables: all })),
  ];
  return {
    content: documents.join('---\n'),
    notices: [...schedule.notices, ...podAddressNotices(databaseUrl), ...mounts.notices],
  };
}

/** Those that set settings are in kms.toml. */
function podVariables({ variables }: Schedule, mounts: Mounts): Schedule['variables'] {
  const kept = variables.filter(
    ({ name }) => name === 'KMS_STORE_CADENCE' || !name.startsWith('KMS_'),
  );
  for (const { name, value } of kept.filter(({ isFile }) => isFile)) {
    mounts.note(
      `${name} was left out: ${value} is not in the image; mount it and set the variable`,
    );
  }
  return kept.filter(({ isFile }) => !isFile);
}

function secret(metadata: object, { secrets }: Mounts): string {
  const entries = Object.entries(secrets).map(([key, placeholder]) => [key, quoted(placeholder)]);
  return yamlDocument(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      stringData: Object.fromEntries(entries) as object,
    },
    [
      {
        path: ['apiVersion'],
        text: 'Better made from where you keep secrets. Fill in each CHANGE-ME; the database URL needs its password.',
      },
    ],
  );
}

function cronJobs(
  { prefix, shards, rotation, warnings }: Schedule,
  { image, namespace, userId }: KubernetesOptions,
): readonly Omit<CronJob, 'variables'>[] {
  const shared = { namespace, image, userId, mounts: prefix };
  const args = shards === 1 ? ['rotate', 'due'] : shardArguments(SHARD, shards);
  return [
    { ...shared, name: `${prefix}-rotate`, cadence: rotation, args, pods: shards },
    { ...shared, name: `${prefix}-warnings`, cadence: warnings, args: ['warnings'], pods: 1 },
  ];
}
