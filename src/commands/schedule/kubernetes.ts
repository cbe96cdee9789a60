// `kms schedule kubernetes`: prints manifests of CronJobs.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { requestedSchedule } from '../../cli/requested-schedule.js';
import { kubernetesManifests } from '../../schedule/kubernetes-manifests.js';
import { resolveSettings } from '../../settings/resolve-settings.js';

export default class ScheduleKubernetes extends BaseCommand {
  static override summary = 'print Kubernetes manifests that run kms';

  static override description = `Prints two CronJobs, with the ConfigMap and the Secret that they mount. The ConfigMap has the settings in force; put the database password and other secrets into the Secret. What no pod has is named on standard error. With --shards each run is an Indexed Job, which needs Kubernetes 1.29 or later.`;

  static override examples = [
    '<%= config.bin %> schedule kubernetes --every 1h --namespace security --database-url postgres://kms@db/kms',
    '<%= config.bin %> schedule kubernetes --shards 4 --image registry.example.org/kms:1.0 --database-url postgres://kms@db/kms',
  ];

  static override flags = {
    ...scheduleFlags,
    image: Flags.string({
      description: 'container image (default: kms-rotate and this version)',
      helpValue: '<image>',
    }),
    namespace: Flags.string({ default: 'kms', description: 'the namespace', helpValue: '<name>' }),
    user: Flags.integer({
      description: 'number of the user and group of the containers, if not those of the image',
      helpValue: '<number>',
      min: 1,
      max: 4_294_967_294,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleKubernetes);
    const { user, ...request } = flags;
    const { databaseUrl } = this.configuration(flags);
    const sources = this.sources(flags);
    const schedule = requestedSchedule(sources, { databaseUrl }, request);
    const { content, notices } = kubernetesManifests(
      schedule,
      resolveSettings(sources),
      databaseUrl,
      {
        image: flags.image ?? `kms-rotate:${this.config.version}`,
        namespace: flags.namespace,
        userId: user ?? null,
      },
    );
    await this.printer.print(flags, [content.trimEnd()]);
    for (const notice of notices) this.printer.note('warn', notice);
    const files = [{ name: `${schedule.prefix}.yaml`, content }];
    return this.finish(
      { schema: 'kms.schedule/v1', scheduler: 'kubernetes', files, next: [], notices },
      0,
    );
  }
}
