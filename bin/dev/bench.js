// Runs test/bench on what the build makes of the sources: tsx gives functions their names anew wherever they
// are made, which the build does not, and which would cost each figure of ours a seventh.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from 'esbuild';

if (isMainThread) {
  // On a disk, where a commit costs what it costs; tests may keep their stores in memory.
  process.env.TMPDIR ??= tmpdir();
  register(import.meta.url);
  await import('../../test/bench/main.ts');
}

/** Finds `x.ts` where `x.js` is imported, as TypeScript does. */
export async function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.js')) return next(specifier, context);
  try {
    return await next(specifier.replace(/\.js$/, '.ts'), context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return next(specifier, context);
  }
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
    loader: 'ts',
    format: 'esm',
    // The oldest that is supported; before 20.10 import attributes would be left out.
    target: 'node20.19',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
