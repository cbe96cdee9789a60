// A systemd service that runs one command of kms: what it does after each exit code, read from errors.ts, its
// environment, and the files that it gets as credentials. systemd-sandbox.ts says what it may do on the host.
import { isAbsolute } from 'node:path';
import { exitCodesFor } from '../errors.js';
import { canBeCredential, credentialName } from '../files/credential.js';
import type { Cadence } from './cadence.js';
import { valueOf, type SecretFile, type Variable } from './carried-variables.js';
import type { Schedule } from './schedule.js';
import { systemdSandbox } from './systemd-sandbox.js';
import { credentialVariable, systemdLiteral, systemdWord } from './systemd-word.js';

export interface ScheduledCommand {
  readonly about: string;
  /** The arguments of kms, with specifiers that systemd expands. */
  readonly argv: readonly string[];
  readonly cadence: Cadence;
}

/** Returns the unit. */
export function systemdService(
  schedule: Schedule,
  { about, argv, cadence }: ScheduledCommand,
): string {
  // systemd expands %i in the arguments; the path of the program it must take literally.
  const command = [systemdWord(schedule.kms.replaceAll('$', '$$$$')), ...argv];
  const { limits, restart } = retriesFor(cadence);
  const content = [
    schedule.storeLine,
    '# For systemd 251 or later: %d, the folder of the credentials, is not known to earlier versions.',
    '[Unit]',
    `Description=${about}`,
    'Documentation=man:kms(1)',
    'Wants=network-online.target',
    'After=network-online.target',
    `OnFailure=${schedule.prefix}-failed@%n.service`,
    ...limits,
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${command.join(' ')}`,
    '# Work left to do is no failure.',
    `SuccessExitStatus=${exitCodesFor('run-again').join(' ')}`,
    ...restart,
    'TimeoutStopSec=120',
    '',
    ...environment(schedule),
    '',
    ...systemdSandbox(schedule),
  ];
  return `${content.join('\n')}\n`;
}

/** How long after a failure that may pass systemd tries again, how often in all, and how long that can take. */
const RETRY = { afterSeconds: 60, tries: 4, withinSeconds: 600 };

/** The limit counts every start, so a timer must not reach it by itself: not even together with retries. */
const RETRIED_FROM_SECONDS = 1.5 * RETRY.withinSeconds;

function retriesFor({ everySeconds }: Cadence) {
  if (everySeconds < RETRIED_FROM_SECONDS) {
    return {
      limits: ['StartLimitIntervalSec=0'],
      restart: ['# What may pass is tried again by the next run.', 'Restart=no'],
    };
  }
  return {
    limits: [`StartLimitIntervalSec=${RETRY.withinSeconds}`, `StartLimitBurst=${RETRY.tries}`],
    restart: [
      '# What may pass is tried again. For the rest somebody has to look.',
      'Restart=on-failure',
      `RestartSec=${RETRY.afterSeconds}`,
      `RestartPreventExitStatus=${exitCodesFor('look').join(' ')}`,
    ],
  };
}

function environment(schedule: Schedule): readonly string[] {
  const { path, configFile, variables, secrets } = schedule;
  const passed = [...variables.filter(isPassed), ...secrets.map(asVariable).filter(isPassed)];
  const plain = [...variables, ...secrets.map(asVariable)].filter((one) => !isPassed(one));
  const all = [{ name: 'PATH', value: path.join(':') }, ...plain];
  const lines = [
    ...all.map(({ name, value }) => `Environment=${systemdWord(`${name}=${value}`)}`),
    ...secrets
      .filter(({ isMissing }) => isMissing)
      .map(
        ({ variable, file }) =>
          `# Write ${valueOf(variable)} into ${file}, readable by root alone.`,
      ),
    ...(configFile === null ? [] : credential('kms.toml', configFile, 'KMS_CONFIG')),
    ...passed.flatMap(({ name, value }) => credential(credentialName(value), value, name)),
    ...namedCredentials(schedule),
  ];
  // Two variables may name one file.
  return [...new Set(lines)];
}

function asVariable({ variable, file }: SecretFile): Variable {
  return { name: variable, value: file, isFile: true };
}

function isPassed({ isFile, value }: Variable): boolean {
  return isFile && isAbsolute(value) && canBeCredential(value);
}

/** kms finds these itself, by the paths that the settings name. A missing one must not keep it from rotating. */
function namedCredentials({ files }: Schedule): readonly string[] {
  const paths = files.read.map(({ path }) => path);
  return [...new Set(paths)]
    .filter((path) => isAbsolute(path) && canBeCredential(path))
    .flatMap((path) => {
      const name = systemdLiteral(credentialName(path));
      return [`LoadCredential=${name}:${systemdLiteral(path)}`, `SetCredential=${name}:\\n`];
    });
}

/** The user of the service need not be able to read the file. */
function credential(name: string, file: string, variable: string): readonly string[] {
  return [
    `LoadCredential=${systemdLiteral(name)}:${systemdLiteral(file)}`,
    `Environment=${credentialVariable(variable, name)}`,
  ];
}
