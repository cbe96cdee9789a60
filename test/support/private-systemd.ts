// A systemd of its own, in namespaces of processes and mounts: it knows the units of one folder, and nothing of the
// host's systemd takes part. The clone is shown at /opt/kms and the Node of the tests in /opt/node, since units hide /tmp.
// No assertions here.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from './poll.js';
import { RUN_JS } from './binary.js';
import { temporaryFolder } from './temporary.js';

export interface PrivateSystemd {
  /** Where it looks for units. */
  readonly units: string;
  /** The program, as it is seen there. */
  readonly kms: string;
  /** What services have printed. */
  readonly log: string;
  /** Runs a command there; the environment is that of the caller, and what is given. */
  readonly run: (argv: readonly string[], env?: Readonly<Record<string, string>>) => Ran;
  readonly stop: () => void;
}

interface Ran {
  readonly status: number | null;
  readonly text: string;
}

/** What units name, and what default dependencies do. */
const TARGETS = ['sysinit', 'basic', 'shutdown', 'network-online', 'timers', 'only'];

/** Resolves to null where the kernel or the rights do not allow it. */
export async function privateSystemd(): Promise<PrivateSystemd | null> {
  const folder = temporaryFolder();
  const [units, log] = [join(folder, 'units'), join(folder, 'log')];
  mkdirSync(join(units, 'service.d'), { recursive: true });
  for (const target of TARGETS) {
    writeFileSync(join(units, `${target}.target`), '[Unit]\nDefaultDependencies=no\n');
  }
  const output = `[Service]\nStandardOutput=append:${log}\nStandardError=append:${log}\n`;
  writeFileSync(join(units, 'service.d', 'log.conf'), output);
  const pidFile = join(folder, 'pid');
  const root = dirname(dirname(RUN_JS));
  // Credentials are mounted, and reach services only through shared mounts.
  const script = `set -e; mount --make-rshared /
    mount -t tmpfs tmpfs /opt; mkdir /opt/kms; mount --bind '${root}' /opt/kms
    mkdir /opt/node; mount --bind '${dirname(process.execPath)}' /opt/node
    mount -t tmpfs tmpfs /srv; mount -t tmpfs tmpfs /run; mkdir /run/systemd
    echo ready > '${pidFile}'
    SYSTEMD_UNIT_PATH='${units}' exec /lib/systemd/systemd --system --unit=only.target --default-standard-output=null --log-target=null`;
  const namespaces = ['--fork', '--kill-child', '--pid', '--mount-proc', '--mount', '--cgroup'];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', script], { stdio: 'ignore' });
  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Ran => {
    const [pid = ''] = spawnSync('pgrep', ['-P', String(child.pid)], {
      encoding: 'utf8',
    }).stdout.split('\n');
    const { status, stdout, stderr } = spawnSync('nsenter', ['-t', pid, '-p', '-m', ...argv], {
      encoding: 'utf8',
      env: { PATH: '/opt/node:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...env },
    });
    return { status, text: stdout + stderr };
  };
  const stop = () => void child.kill('SIGKILL');
  process.on('exit', stop);
  try {
    await until(
      'systemd answers',
      () => child.exitCode !== null || run(['systemctl', 'is-active', 'only.target']).status === 0,
      10_000,
      100,
    );
  } catch {
    stop();
    return null;
  }
  if (child.exitCode !== null) return null;
  return { units, kms: '/opt/kms/bin/run.js', log, run, stop };
}
