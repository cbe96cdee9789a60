// systemd units for runs and warnings: a hardened service and a timer each, and an example of a service that reports a
// failure. Which exit codes are failures, and which are retried, is read from errors.ts.
import { dirname } from 'node:path';
import { exitCodesFor } from '../errors.js';
import { shardArguments, type Cadence, type Schedule } from './schedule.js';
import type { ScheduleFile } from './schedule-files.js';

const HOMES = ['/home/', '/root/', '/run/user/'];

/** How long after a failure that may pass systemd tries again, and how often it tries in all. */
const RETRY = { afterSeconds: 60, tries: 4 };

/** Returns the unit files. */
export function systemdUnits(schedule: Schedule): readonly ScheduleFile[] {
  const { shards, rotation, warnings } = schedule;
  const rotate =
    shards === 1
      ? { name: 'kms-rotate', argv: ['rotate', 'due'], about: 'Rotate the keys that are due' }
      : {
          name: 'kms-rotate@',
          argv: shardArguments('%i', shards),
          about: `Rotate the keys that are due (shard %i of ${shards})`,
        };
  const warn = { name: 'kms-warnings', argv: ['warnings'], about: 'Warn of rotation deadlines' };
  return [
    { name: `${rotate.name}.service`, content: service(schedule, rotate.about, rotate.argv) },
    { name: `${rotate.name}.timer`, content: timer(rotate.about, rotation) },
    { name: `${warn.name}.service`, content: service(schedule, warn.about, warn.argv) },
    { name: `${warn.name}.timer`, content: timer(warn.about, warnings) },
    { name: 'kms-failed@.service', content: failureService() },
  ];
}

/** Returns the commands that enable the units. */
export function enablingCommands({ shards }: Schedule): readonly string[] {
  const timers =
    shards === 1
      ? ['kms-rotate.timer']
      : Array.from({ length: shards }, (_, shard) => `kms-rotate@${shard}.timer`);
  return [
    'systemctl daemon-reload',
    `systemctl enable --now ${[...timers, 'kms-warnings.timer'].join(' ')}`,
  ];
}

function service(schedule: Schedule, about: string, argv: readonly string[]): string {
  // systemd expands %i in the arguments; the path of the program it must take literally.
  const command = [quoted(schedule.kms.replaceAll('$', '$$$$')), ...argv];
  return lines([
    '[Unit]',
    `Description=${about}`,
    'Documentation=man:kms(1)',
    'Wants=network-online.target',
    'After=network-online.target',
    'OnFailure=kms-failed@%n.service',
    `StartLimitIntervalSec=${RETRY.afterSeconds * (RETRY.tries + 1) * 2}`,
    `StartLimitBurst=${RETRY.tries}`,
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${command.join(' ')}`,
    '# Work left to do is no failure. What may pass is tried again. For the rest somebody has to look.',
    `SuccessExitStatus=${exitCodesFor('run-again').join(' ')}`,
    'Restart=on-failure',
    `RestartSec=${RETRY.afterSeconds}`,
    `RestartPreventExitStatus=${exitCodesFor('look').join(' ')}`,
    'TimeoutStopSec=120',
    '',
    ...environment(schedule),
    '',
    ...identity(schedule),
    '',
    ...hardening(schedule),
  ]);
}

function environment({ path, configFile, secret, sqlite }: Schedule): string[] {
  return [
    `Environment=${quoted(`PATH=${path.join(':')}`)}`,
    ...(sqlite === null ? [] : [`Environment=${quoted(`KMS_DATABASE_URL=sqlite:${sqlite.path}`)}`]),
    // As credentials, so that the service's user need not be able to read the files.
    ...(configFile === null ? [] : credential('KMS_CONFIG', 'kms.toml', configFile)),
    ...(secret === null
      ? []
      : [
          `# Write the database URL into ${secret.file}, readable by root alone.`,
          ...credential(secret.variable, 'database-url', secret.file),
        ]),
  ];
}

function credential(variable: string, name: string, file: string): string[] {
  return [`LoadCredential=${quoted(`${name}:${file}`)}`, `Environment=${variable}=%d/${name}`];
}

function identity({ sqlite }: Schedule): string[] {
  if (sqlite === null) return ['DynamicUser=yes'];
  return [
    '# The owner of the store, and the only folder that the service may write to.',
    `User=${sqlite.user}`,
    `ReadWritePaths=${quoted(dirname(sqlite.path))}`,
  ];
}

function hardening({ kms, path, sqlite }: Schedule): string[] {
  const places = [kms, ...path.map((folder) => `${folder}/`), sqlite?.path ?? ''];
  const inHome = places.some((place) => HOMES.some((home) => place.startsWith(home)));
  return [
    'UMask=0077',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    `ProtectHome=${inHome ? 'read-only' : 'yes'}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateUsers=yes',
    'ProtectProc=invisible',
    'ProcSubset=pid',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'LockPersonality=yes',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    '# MemoryDenyWriteExecute would stop Node, which compiles as it runs.',
    'MemoryMax=1G',
  ];
}

function timer(about: string, { calendar }: Cadence): string {
  return lines([
    '[Unit]',
    `Description=${about}`,
    'Documentation=man:kms(1)',
    '',
    '[Timer]',
    `OnCalendar=${calendar} UTC`,
    'RandomizedDelaySec=60',
    '# A run that was missed while the machine was off is made up for.',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

function failureService(): string {
  return lines([
    '# An example: replace it by whatever tells you that a unit has failed.',
    '[Unit]',
    'Description=Tell that %i has failed',
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=/usr/bin/logger --priority user.err "kms: %i has failed; see journalctl -u %i"`,
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
  ]);
}

/** Returns a word as systemd.syntax(7) quotes it, with literal percent signs. */
function quoted(text: string): string {
  const literal = text.replaceAll('%', '%%');
  if (/^[\w@%+=:,./$-]+$/.test(literal)) return literal;
  return `"${literal.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function lines(content: readonly string[]): string {
  return `${content.join('\n')}\n`;
}
