// Kubernetes manifests: what a Job does after each exit code, and what stands in the ConfigMap and Secret.
import assert from 'node:assert/strict';
import { EXIT_CODES } from '../../src/errors.js';
import { kubernetesManifests } from '../../src/schedule/kubernetes-manifests.js';
import { aSchedule } from '../support/schedules.js';

const OPTIONS = {
  image: 'kms-rotate:1.0',
  namespace: 'security',
  configuration: '[rotation]\nfirst_deadline = "offset"\n\n[log]\nlevel = "warn"\n',
  databaseUrl: 'postgres://kms:CHANGE-ME@db/kms',
};

describe('Kubernetes manifests', () => {
  const documents = kubernetesManifests(aSchedule(), OPTIONS).split('---\n');

  it('are a ConfigMap, a Secret, and a CronJob for runs and for warnings', () => {
    const kinds = documents.map((document) => /^kind: (\w+)$/m.exec(document)?.[1]);
    assert.deepEqual(kinds, ['ConfigMap', 'Secret', 'CronJob', 'CronJob']);
    assert.ok(documents.every((document) => document.includes('namespace: "security"')));
    assert.ok(documents[2]?.includes('args: ["rotate", "due"]'));
    assert.ok(documents[3]?.includes('args: ["warnings"]'));
  });

  it('put every exit code but 0 into a rule, as its meaning asks', () => {
    const rules = [
      ...(documents[2] ?? '').matchAll(/action: (\w+)\n.*\n.*\n.*\n +values: \[(.*)\]/g),
    ];
    const codes: Record<string, readonly number[]> = Object.fromEntries(
      rules.map(([, action, values]) => [action ?? '', (values ?? '').split(', ').map(Number)]),
    );
    const byAction = (...actions: readonly string[]) =>
      EXIT_CODES.flatMap((row) => (actions.includes(row.action) ? [row.code] : []));
    assert.deepEqual(codes, {
      FailJob: byAction('look'),
      Count: byAction('retry', 'run-again', 'ended'),
    });
  });

  it('are an Indexed Job with a Pod for each shard', () => {
    const manifests = kubernetesManifests(aSchedule({ shards: 4 }), OPTIONS);
    assert.match(manifests, /completionMode: Indexed\n +completions: 4\n +parallelism: 4\n/);
    assert.ok(manifests.includes('"--shard", "$(JOB_COMPLETION_INDEX)/4"'));
  });

  it('hold the configuration, line by line', () => {
    assert.ok(
      documents[0]?.endsWith(
        '  kms.toml: |\n    [rotation]\n    first_deadline = "offset"\n\n    [log]\n    level = "warn"\n',
      ),
    );
  });
});
