// The program that checks manifests by the official schemas of Kubernetes, in a folder of its own.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need } from './left-out.js';
import { tryToRun } from './programs.js';

const FOLDER = join(tmpdir(), 'kms-test-kubernetes-validate');
const PROGRAM = join(FOLDER, 'bin', 'kubernetes-validate');

/** Returns its path; skips the test where it is not there. */
export function needKubernetesValidate(context: Mocha.Context): string {
  need(context, 'kubernetes-validate (KMS_TEST_INSTALL=1)', existsSync(PROGRAM));
  return PROGRAM;
}

/** Installs it unless it is there. */
export async function installKubernetesValidate(): Promise<void> {
  if (existsSync(PROGRAM)) return;
  await tryToRun('python3', ['-m', 'venv', FOLDER]);
  await tryToRun(join(FOLDER, 'bin', 'pip'), ['install', '--quiet', 'kubernetes-validate']);
}
