// Kubernetes manifests: what a Job does after each exit code, and what the ConfigMap and the Secret hold.
import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { EXIT_CODES } from '../../src/errors.js';
import { kubernetesManifests } from '../../src/schedule/kubernetes-manifests.js';
import type { Schedule } from '../../src/schedule/schedule.js';
import { aSchedule } from '../support/schedules.js';

const OPTIONS = {
  image: 'kms-rotate:1.0',
  namespace: 'security',
  configuration: '[rotation]\nfirst_deadline = "offset"\n\n[log]\nlevel = "warn"\n',
  databaseUrl: 'postgres://kms:CHANGE-ME@db/kms',
};

/** As much of the manifests as is looked at. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly schedule: string;
    readonly jobTemplate: { readonly spec: JobSpec };
  };
}

interface JobSpec {
  readonly completionMode?: string;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly podFailurePolicy: {
    readonly rules: readonly {
      readonly action: string;
      readonly onExitCodes?: { readonly values: readonly number[] };
    }[];
  };
  readonly template: {
    readonly spec: {
      readonly containers: readonly [{ readonly image: string; readonly args: readonly string[] }];
      readonly volumes: readonly { readonly secret?: { readonly defaultMode: number } }[];
    };
  };
}

/** The manifests as Kubernetes understands them, which reads YAML 1.1. */
function manifests(changes: Partial<Schedule> = {}): readonly Manifest[] {
  const text = kubernetesManifests(aSchedule(changes), OPTIONS);
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
      documents.map(({ kind, metadata, spec }) => [kind, metadata.name, spec?.schedule]),
      [
        ['ConfigMap', 'kms', undefined],
        ['Secret', 'kms', undefined],
        ['CronJob', 'kms-rotate', '7 * * * *'],
        ['CronJob', 'kms-warnings', '23 6 * * *'],
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

  it('are an Indexed Job with a Pod for each shard', () => {
    const [, , rotate, warnings] = manifests({ shards: 4 });
    const job = jobIn(rotate!);
    assert.deepEqual([job.completionMode, job.completions, job.parallelism], ['Indexed', 4, 4]);
    assert.deepEqual(job.template.spec.containers[0].args, [
      ...['rotate', 'due', '--shard', '$(JOB_COMPLETION_INDEX)/4'],
    ]);
    assert.equal(jobIn(warnings!).completions, undefined);
  });

  it('let the Pod’s user and group alone read the Secret', () => {
    const { volumes } = jobIn(manifests()[2]!).template.spec;
    assert.deepEqual(
      volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret.defaultMode])),
      [0o440],
    );
  });

  it('hold the configuration line by line, so that it can be edited there', () => {
    assert.ok(
      kubernetesManifests(aSchedule(), OPTIONS).includes(
        '  kms.toml: |\n    [rotation]\n    first_deadline = "offset"\n\n    [log]\n    level = "warn"\n---\n',
      ),
    );
  });

  it('explain what an operator may wonder about', () => {
    const text = kubernetesManifests(aSchedule(), OPTIONS);
    for (const [comment, below] of [
      [/Better made from where you keep secrets/, 'apiVersion: v1'],
      [/Runs may overlap/, 'concurrencyPolicy: Allow'],
      [/A retry would not help/, '- action: FailJob'],
      [/A node that was drained/, '- action: Ignore'],
      [/These are retried/, '- action: Count'],
      [/0440/, 'defaultMode: 288'],
    ] as const) {
      const lines = text.split('\n');
      const at = lines.findIndex((line) => line.trim().startsWith('# ') && comment.test(line));
      assert.equal(lines[at + 1]?.trim(), below);
    }
  });
});
