// `kms schedule kubernetes`: prints manifests of CronJobs.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { scheduleFlags } from '../../cli/flags.js';
import { kubernetesManifests } from '../../schedule/kubernetes-manifests.js';
import { scheduleFor } from '../../schedule/schedule.js';
import { resolveSettings } from '../../settings/resolve-settings.js';
import { configurationToml } from '../../settings/export-toml.js';
import { redactedUrl } from '../../store/connect/url/redacted-url.js';

const PLACEHOLDER = 'CHANGE-ME';

export default class ScheduleKubernetes extends BaseCommand {
  static override summary = 'print Kubernetes manifests that run kms';

  static override description = `Prints two CronJobs, with the ConfigMap and the Secret that they mount. The ConfigMap has the settings in force; put the database password into the Secret. With --shards each run is an Indexed Job.`;

  static override examples = [
    '<%= config.bin %> schedule kubernetes --every 1h --namespace security',
    '<%= config.bin %> schedule kubernetes --shards 4 --image registry.example.org/kms:1.0',
  ];

  static override flags = {
    ...scheduleFlags,
    image: Flags.string({
      description: 'container image (default: kms-rotate and this version)',
      helpValue: '<image>',
    }),
    namespace: Flags.string({ default: 'kms', description: 'the namespace', helpValue: '<name>' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleKubernetes);
    const config = this.configuration(flags);
    const settings = resolveSettings(this.sources(flags));
    const schedule = scheduleFor(settings, config, flags, process);
    const content = kubernetesManifests(schedule, {
      image: flags.image ?? `kms-rotate:${this.config.version}`,
      namespace: flags.namespace,
      configuration: configurationToml(settings),
      databaseUrl:
        schedule.sqlite === null
          ? redactedUrl(config.databaseUrl).replaceAll('***', PLACEHOLDER)
          : `postgres://kms:${PLACEHOLDER}@db/kms`,
    });
    await this.printer.print(flags, [content.trimEnd()]);
    const files = [{ name: 'kms.yaml', content }];
    return this.finish({ schema: 'kms.schedule/v1', scheduler: 'kubernetes', files, next: [] }, 0);
  }
}
