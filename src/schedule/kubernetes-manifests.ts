// Kubernetes manifests for runs and warnings: two CronJobs (kubernetes-cron-job.ts), and the ConfigMap and the Secret
// that they mount.
import { cronJobManifest } from './kubernetes-cron-job.js';
import { shardArguments, type Schedule } from './schedule.js';
import { quoted, yamlDocument } from './yaml-document.js';

export interface KubernetesOptions {
  readonly image: string;
  readonly namespace: string;
  /** The content of kms.toml. */
  readonly configuration: string;
  /** The database URL, with a placeholder where somebody must fill in the password. */
  readonly databaseUrl: string;
}

/** The variable with the index of a Pod in an Indexed Job. */
const SHARD = '$(JOB_COMPLETION_INDEX)';

/** Returns the manifests as one YAML stream. */
export function kubernetesManifests(schedule: Schedule, options: KubernetesOptions): string {
  const { shards, rotation, warnings } = schedule;
  const { namespace, image } = options;
  return [
    configMap(options),
    secret(options),
    cronJobManifest({
      name: 'kms-rotate',
      namespace,
      image,
      cron: rotation.cron,
      args: shards === 1 ? ['rotate', 'due'] : shardArguments(SHARD, shards),
      pods: shards,
    }),
    cronJobManifest({
      name: 'kms-warnings',
      namespace,
      image,
      cron: warnings.cron,
      args: ['warnings'],
      pods: 1,
    }),
  ].join('---\n');
}

function configMap({ namespace, configuration }: KubernetesOptions): string {
  return yamlDocument({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kms', namespace: quoted(namespace) },
    data: { 'kms.toml': configuration },
  });
}

function secret({ namespace, databaseUrl }: KubernetesOptions): string {
  return yamlDocument(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kms', namespace: quoted(namespace) },
      type: 'Opaque',
      stringData: { 'database-url': quoted(databaseUrl) },
    },
    [
      {
        path: ['apiVersion'],
        text: 'Better made from where you keep secrets: it holds the database URL with its password.',
      },
    ],
  );
}
