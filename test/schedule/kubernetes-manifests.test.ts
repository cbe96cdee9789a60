// Kubernetes manifests: what a Job does after each exit code, and what the ConfigMap and the Secret hold.
import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { EXIT_CODES } from '../../src/errors.js';
import {
  kubernetesManifests,
  type KubernetesOptions,
} from '../../src/schedule/kubernetes-manifests.js';
import { scheduleOf, type Given } from '../support/schedules.js';

const OPTIONS = { image: 'kms-rotate:1.0', namespace: 'security', userId: null };
const KMS_DATABASE_URL = 'postgres://kms:hunter2@db/kms';

/** As much of the manifests as is looked at. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly schedule: string;
    readonly startingDeadlineSeconds: number;
    readonly jobTemplate: { readonly spec: JobSpec };
  };
}

interface JobSpec {
  readonly completionMode?: string;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly activeDeadlineSeconds: number;
  readonly podFailurePolicy: {
    readonly rules: readonly {
      readonly action: string;
      readonly onExitCodes?: { readonly values: readonly number[] };
    }[];
  };
  readonly template: {
    readonly spec: {
      readonly securityContext: Readonly<Record<string, unknown>>;
      readonly containers: readonly [
        {
          readonly image: string;
          readonly args: readonly string[];
          readonly env: readonly { readonly name: string; readonly value: string }[];
        },
      ];
      readonly volumes: readonly { readonly secret?: { readonly defaultMode: number } }[];
    };
  };
}

const printed = (given: Given = {}, options: Partial<KubernetesOptions> = {}) => {
  const env = { KMS_DATABASE_URL, ...given.env };
  const { schedule, settings, databaseUrl } = scheduleOf({ ...given, env });
  return kubernetesManifests(schedule, settings, databaseUrl, { ...OPTIONS, ...options });
};

/** The manifests as Kubernetes understands them, which reads YAML 1.1. */
function manifests(
  given: Given = {},
  options: Partial<KubernetesOptions> = {},
): readonly Manifest[] {
  const text = printed(given, options).content;
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    assert.deepEqual([...document.errors, ...document.warnings], []);
    return document.toJS() as Manifest;
  });
}

const jobIn = ({ spec }: Manifest): JobSpec => spec?.jobTemplate.spec ?? assert.fail('no CronJob');

describe('Kubernetes manifests', () => {
  it('are a ConfigMap, a Secret, and a CronJob for runs and for warnings', () => {
    const documents = manifests();
    assert.deepEqual(
      documents.map(({ kind, metadata }) => [kind, metadata.name]),
      [
        ['ConfigMap', 'kms'],
        ['Secret', 'kms'],
        ['CronJob', 'kms-rotate'],
        ['CronJob', 'kms-warnings'],
      ],
    );
    assert.ok(documents.every(({ metadata }) => metadata.namespace === 'security'));
    const containers = documents
      .filter(({ kind }) => kind === 'CronJob')
      .map((document) => jobIn(document).template.spec.containers[0]);
    assert.deepEqual(
      containers.map(({ image, args }) => [image, args]),
      [
        ['kms-rotate:1.0', ['rotate', 'due']],
        ['kms-rotate:1.0', ['warnings']],
      ],
    );
  });

  it('put every exit code but 0 into a rule, as its meaning asks', () => {
    const { rules } = jobIn(manifests()[2]!).podFailurePolicy;
    const codes = Object.fromEntries(
      rules.map(({ action, onExitCodes }) => [action, onExitCodes?.values]),
    );
    const byAction = (...actions: readonly string[]) =>
      EXIT_CODES.flatMap((row) => (actions.includes(row.action) ? [row.code] : []));
    assert.deepEqual(codes, {
      FailJob: byAction('look'),
      Ignore: undefined,
      Count: byAction('retry', 'run-again', 'ended'),
    });
  });

  it('are an Indexed Job with a Pod for each shard, none of which ends another', () => {
    const [, , rotate, warnings] = manifests({ request: { shards: 4 } });
    const job = jobIn(rotate!);
    assert.deepEqual([job.completionMode, job.completions, job.parallelism], ['Indexed', 4, 4]);
    assert.deepEqual([job.backoffLimit, job.backoffLimitPerIndex], [undefined, 3]);
    assert.equal(job.podFailurePolicy.rules[0]?.action, 'FailIndex');
    assert.deepEqual(job.template.spec.containers[0].args, [
      ...['rotate', 'due', '--shard', '$(JOB_COMPLETION_INDEX)/4'],
    ]);
    const daily = jobIn(warnings!);
    assert.deepEqual([daily.completions, daily.backoffLimit], [undefined, 3]);
    assert.equal(daily.podFailurePolicy.rules[0]?.action, 'FailJob');
  });

  for (const [every, starting, active] of [
    [60, 60, 3600],
    [3600, 3600, 3600],
    [6 * 3600, 6 * 3600, 6 * 3600],
    [7 * 86_400, 7 * 86_400, 86_400],
  ] as const) {
    it(`have deadlines that fit runs every ${every} seconds`, () => {
      const rotate = manifests({ request: { every } })[2]!;
      assert.equal(rotate.spec?.startingDeadlineSeconds, starting);
      assert.equal(jobIn(rotate).activeDeadlineSeconds, active);
    });
  }

  it('leave the user to the cluster, who may read the Secret, unless one is asked for', () => {
    for (const [userId, user, defaultMode] of [
      [null, {}, 0o444],
      [1000, { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 }, 0o440],
    ] as const) {
      const { securityContext, volumes } = jobIn(manifests({}, { userId })[2]!).template.spec;
      const { runAsNonRoot, seccompProfile, ...rest } = securityContext;
      assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }]);
      assert.deepEqual(rest, user);
      const modes = volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
      assert.deepEqual(
        modes.map((secret) => secret.defaultMode),
        [defaultMode],
      );
    }
  });

  it('have a placeholder for the password, and the cadence and what steers telemetry', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o', NODE_EXTRA_CA_CERTS: '/ca.pem' };
    const [, secret, rotate] = manifests({ env });
    assert.deepEqual(secret?.stringData, { 'database-url': 'postgres://kms:CHANGE-ME@db/kms' });
    const variables = jobIn(rotate!).template.spec.containers[0].env;
    assert.deepEqual(Object.fromEntries(variables.map(({ name, value }) => [name, value])), {
      KMS_CONFIG: '/etc/kms/kms.toml',
      KMS_DATABASE_URL_FILE: '/run/secrets/kms/database-url',
      KMS_STORE_CADENCE: '1h',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o',
    });
    assert.match(printed({ env }).notices.join(), /NODE_EXTRA_CA_CERTS was left out/);
  });

  it('mount the files of the database URL, and name what a pod does not have', () => {
    const url = (host: string) => ({
      env: {
        KMS_DATABASE_URL: `postgres://kms@${host}/kms?sslmode=verify-full&sslrootcert=/ca.pem`,
      },
    });
    const [, secret] = manifests(url('db'));
    assert.deepEqual(secret?.stringData, {
      'database-sslrootcert': 'CHANGE-ME',
      'database-url':
        'postgres://kms@db/kms?sslmode=verify-full&sslrootcert=/run/secrets/kms/database-sslrootcert',
    });
    assert.match(printed(url('db')).notices.join(), /put the content of \/ca.pem into the entry/);
    assert.match(printed(url('localhost')).notices.join(), /localhost, which is the pod itself/);
    const socket = { env: { KMS_DATABASE_URL: 'postgres://kms@/kms?host=/run/postgresql' } };
    assert.match(printed(socket).notices.join(), /the socket \/run\/postgresql/);
  });

  it('are refused for an SQLite store, which pods cannot open', () => {
    const env = { KMS_DATABASE_URL: 'sqlite:/var/lib/kms/kms.db' };
    assert.throws(() => printed({ env }), /SQLite file of this host, which pods cannot open/);
  });

  it('hold the configuration line by line, so that it can be edited there', () => {
    assert.match(
      printed({ env: { KMS_LOG_LEVEL: 'warn' } }).content,
      / {2}kms.toml: \|\n {4}# .*\n\n {4}\[log\]\n {4}# .*\n {4}level = "warn"\n---\n/,
    );
  });

  it('explain what an operator may wonder about', () => {
    const text = printed().content;
    for (const [comment, below] of [
      [/Better made from where you keep secrets/, 'apiVersion: v1'],
      [/Runs may overlap/, 'concurrencyPolicy: Allow'],
      [/A retry would not help/, '- action: FailJob'],
      [/A node that was drained/, '- action: Ignore'],
      [/These are retried/, '- action: Count'],
      [/0444/, 'defaultMode: 292'],
      [/A run that was missed/, 'startingDeadlineSeconds: 3600'],
    ] as const) {
      const lines = text.split('\n');
      const at = lines.findIndex((line) => line.trim().startsWith('# ') && comment.test(line));
      assert.equal(lines[at + 1]?.trim(), below);
    }
  });
});
