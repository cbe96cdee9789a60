// Executables for hooks, and destinations that run them. No assertions here.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hookDestinations, type HookOutput } from '../../src/notify/hooks/hook-destinations.js';
import type { HookSettings } from '../../src/settings/notify-settings.js';
import type { Destination } from '../../src/notify/destination.js';
import { temporaryFolder } from './temporary.js';

/** Writes a script and returns its path. */
export function aScript(text: string, mode = 0o755): string {
  const path = join(temporaryFolder(), 'hook.sh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode });
  return path;
}

export interface Recording {
  /** A script that writes down what it is told of, one uid a line. */
  readonly path: string;
  uids(): readonly string[];
}

export function aRecorder(): Recording {
  const file = join(temporaryFolder(), 'uids');
  return {
    path: aScript(`printf '%s\\n' "$KMS_UID" >> '${file}'`),
    uids: () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').sort() : []),
  };
}

export function hooksOf(
  argvs: Partial<HookSettings['argvs']>,
  changes: Partial<Omit<HookSettings, 'argvs'>> & { onOutput?: (output: HookOutput) => void } = {},
): readonly Destination[] {
  const none = {
    rotated: null,
    failed: null,
    recovered: null,
    retired: null,
    warning: null,
    finished: null,
  };
  const settings = { timeoutSeconds: 20, concurrency: 4, environment: {}, ...changes };
  const hooks = { ...settings, argvs: { ...none, ...argvs } };
  return hookDestinations({ hooks, flaws: [] }, changes.onOutput ?? (() => undefined)).usable;
}
