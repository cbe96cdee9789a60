// What a scheduled service may do on the host: its user, the folders that it sees and may write to, and everything that
// systemd takes from it.
import { dirname, isAbsolute } from 'node:path';
import type { Schedule } from './schedule.js';
import { systemdWord } from './systemd-word.js';

const HOMES = ['/home/', '/root/', '/run/user/'];
const TEMPORARY = ['/tmp/', '/var/tmp/'];

/** Returns lines of the section [Service]. */
export function systemdSandbox(schedule: Schedule): readonly string[] {
  return [...identity(schedule), ...places(schedule), '', ...hardening(schedule)];
}

function identity({ user }: Schedule): readonly string[] {
  return [user === null ? 'DynamicUser=yes' : `User=${user}`];
}

/** The folder of the store must be there; without that of the metrics a run still rotates. */
function places({ sqlite, files, sockets }: Schedule): readonly string[] {
  const store = sqlite === null ? [] : [dirname(sqlite)];
  const written = files.written
    .map(({ path }) => path)
    .filter(isAbsolute)
    .map(dirname);
  const isShown = (place: string) => !isBelow(`${place}/`, TEMPORARY);
  return [
    ...(store.length + written.length === 0
      ? []
      : ['# The only folders that the service may write to.']),
    ...store.filter(isShown).map((folder) => `ReadWritePaths=${systemdWord(folder)}`),
    ...written.filter(isShown).map((folder) => `ReadWritePaths=${systemdWord(`-${folder}`)}`),
    ...[...store, ...written].filter((place) => !isShown(place)).map(bindPath),
    ...sockets.filter((place) => !isShown(place)).map(bindPath),
  ];
}

/** PrivateTmp= hides what others have there. */
function bindPath(place: string): string {
  return `BindPaths=${systemdWord(`-${place}`)}`;
}

function isBelow(place: string, folders: readonly string[]): boolean {
  return folders.some((folder) => place.startsWith(folder));
}

function hardening({ kms, path, sqlite, sockets, files }: Schedule): readonly string[] {
  const written = files.written.map((file) => file.path);
  const used = [kms, ...path.map((folder) => `${folder}/`), sqlite ?? '', ...sockets, ...written];
  const executed = files.executed.map((file) => file.path);
  const inHome = [...used, ...executed].some((place) => isBelow(place, HOMES));
  return [
    'UMask=0077',
    '# A core file would hold keys.',
    'LimitCORE=0',
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
    'SystemCallErrorNumber=EPERM',
    '# MemoryDenyWriteExecute would stop Node, which compiles as it runs.',
    'MemoryMax=1G',
  ];
}
