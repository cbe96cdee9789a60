// Kubernetes manifests for runs and warnings: two CronJobs, the ConfigMap and the Secret that they mount.
// What a Job does after each exit code is read from errors.ts.
import { exitCodesFor } from '../errors.js';
import { shardArguments, type Schedule } from './schedule.js';

export interface KubernetesOptions {
  readonly image: string;
  readonly namespace: string;
  /** The content of kms.toml. */
  readonly configuration: string;
  /** The database URL, or what stands in its place until somebody writes it. */
  readonly databaseUrl: string;
}

/** The variable that tells a Pod of an Indexed Job which one it is. */
const SHARD = '$(JOB_COMPLETION_INDEX)';

/** Returns the manifests as one YAML document stream. */
export function kubernetesManifests(schedule: Schedule, options: KubernetesOptions): string {
  const { shards, rotation, warnings } = schedule;
  const rotate = shards === 1 ? ['rotate', 'due'] : shardArguments(SHARD, shards);
  return [
    configMap(options),
    secret(options),
    cronJob('kms-rotate', rotation.cron, rotate, shards, options),
    cronJob('kms-warnings', warnings.cron, ['warnings'], 1, options),
  ].join('---\n');
}

function configMap({ namespace, configuration }: KubernetesOptions): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: kms
  namespace: ${text(namespace)}
data:
  kms.toml: |
${indented(configuration, 4)}
`;
}

function secret({ namespace, databaseUrl }: KubernetesOptions): string {
  return `# Better made from where you keep secrets; it holds the database URL with its password.
apiVersion: v1
kind: Secret
metadata:
  name: kms
  namespace: ${text(namespace)}
type: Opaque
stringData:
  database-url: ${text(databaseUrl)}
`;
}

function cronJob(
  name: string,
  cron: string,
  args: readonly string[],
  pods: number,
  { namespace, image }: KubernetesOptions,
): string {
  return `apiVersion: batch/v1
kind: CronJob
metadata:
  name: ${name}
  namespace: ${text(namespace)}
spec:
  schedule: ${text(cron)}
  timeZone: Etc/UTC
  # Runs may overlap: each deadline is met once whatever happens.
  concurrencyPolicy: Allow
  startingDeadlineSeconds: 600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
${pods === 1 ? '' : indexed(pods)}      activeDeadlineSeconds: 3600
      backoffLimit: 3
      ttlSecondsAfterFinished: 604800
      podFailurePolicy:
        rules:
          # Somebody has to look; to try again is no use.
          - action: FailJob
            onExitCodes:
              containerName: kms
              operator: In
              values: [${exitCodesFor('look').join(', ')}]
          # A node that went is nobody's failure.
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
                status: "True"
          # These are tried again, at most backoffLimit times.
          - action: Count
            onExitCodes:
              containerName: kms
              operator: In
              values: [${again().join(', ')}]
      template:
        metadata:
          labels:
            app.kubernetes.io/name: kms
            app.kubernetes.io/component: ${name}
        spec:
          restartPolicy: Never
          enableServiceLinks: false
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 120
          securityContext:
            runAsNonRoot: true
            runAsUser: 65532
            runAsGroup: 65532
            fsGroup: 65532
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: kms
              image: ${text(image)}
              args: [${args.map(text).join(', ')}]
              env:
                - name: KMS_CONFIG
                  value: /etc/kms/kms.toml
                - name: KMS_DATABASE_URL_FILE
                  value: /run/secrets/kms/database-url
              resources:
                requests:
                  cpu: 100m
                  memory: 128Mi
                limits:
                  memory: 512Mi
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: ["ALL"]
              volumeMounts:
                - name: configuration
                  mountPath: /etc/kms
                  readOnly: true
                - name: secret
                  mountPath: /run/secrets/kms
                  readOnly: true
          volumes:
            - name: configuration
              configMap:
                name: kms
            - name: secret
              secret:
                secretName: kms
                defaultMode: 0440
`;
}

/** One Pod a shard, each told by its index which it is. */
function indexed(pods: number): string {
  return `      completionMode: Indexed
      completions: ${pods}
      parallelism: ${pods}
`;
}

function again(): readonly number[] {
  return [...exitCodesFor('retry'), ...exitCodesFor('run-again'), ...exitCodesFor('ended')];
}

/** A JSON text is a YAML text, whatever stands in it (YAML 1.2 §1.3). */
function text(value: string): string {
  return JSON.stringify(value);
}

function indented(lines: string, by: number): string {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(by) + line))
    .join('\n');
}
