// systemd units for runs and warnings: a service (systemd-service.ts) and a timer each, and an example of a service that
// reports a failure.
import type { Cadence } from './cadence.js';
import { shardArguments, type Schedule } from './schedule.js';
import type { ScheduleFile } from './schedule-files.js';
import { systemdService } from './systemd-service.js';

/** Returns the unit files. */
export function systemdUnits(schedule: Schedule): readonly ScheduleFile[] {
  const { prefix, storeLine, shards, rotation, warnings } = schedule;
  const rotate =
    shards === 1
      ? { name: `${prefix}-rotate`, argv: ['rotate', 'due'], about: 'Rotate the keys that are due' }
      : {
          name: `${prefix}-rotate@`,
          argv: shardArguments('%i', shards),
          about: `Rotate the keys that are due (shard %i of ${shards})`,
        };
  const warn = {
    name: `${prefix}-warnings`,
    argv: ['warnings'],
    about: 'Warn of rotation deadlines',
  };
  return [
    ...[
      { ...rotate, cadence: rotation },
      { ...warn, cadence: warnings },
    ].flatMap(({ name, cadence, argv, about }) => [
      { name: `${name}.service`, content: systemdService(schedule, { about, argv, cadence }) },
      { name: `${name}.timer`, content: timer(storeLine, about, cadence) },
    ]),
    { name: `${prefix}-failed@.service`, content: failureService(storeLine) },
  ];
}

/** Returns the commands that enable the units. */
export function enablingCommands({
  prefix,
  shards,
}: Pick<Schedule, 'prefix' | 'shards'>): readonly string[] {
  const timers =
    shards === 1
      ? [`${prefix}-rotate.timer`]
      : Array.from({ length: shards }, (_, shard) => `${prefix}-rotate@${shard}.timer`);
  return [
    'systemctl daemon-reload',
    `systemctl enable --now ${[...timers, `${prefix}-warnings.timer`].join(' ')}`,
  ];
}

function timer(storeLine: string, about: string, { calendar, everySeconds }: Cadence): string {
  return lines([
    storeLine,
    '[Unit]',
    `Description=${about}`,
    'Documentation=man:kms(1)',
    '',
    '[Timer]',
    `OnCalendar=${calendar} UTC`,
    'AccuracySec=1s',
    `RandomizedDelaySec=${Math.min(60, everySeconds / 10)}`,
    '# A run that was missed while the machine was off is made up for.',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

function failureService(storeLine: string): string {
  return lines([
    storeLine,
    '# An example: replace it by whatever tells you that a unit has failed.',
    '[Unit]',
    'Description=Tell that %i has failed',
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=/usr/bin/logger --priority user.err "kms: %i has failed; see journalctl -u %i"`,
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'LimitCORE=0',
    'ProtectSystem=strict',
    'ProtectHome=yes',
  ]);
}

function lines(content: readonly string[]): string {
  return `${content.join('\n')}\n`;
}
