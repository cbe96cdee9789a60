// What the bench measured, as JSON beside its table, so that a later version can be compared.
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Comparison } from './table.js';

/** Writes the figures, with the machine they are of and the arguments that asked for them. */
export function writeRecord(
  file: string,
  args: readonly string[],
  comparisons: readonly Comparison[],
): void {
  const processors = cpus();
  const record = {
    at: new Date().toISOString(),
    args,
    machine: { processors: processors.length, model: processors[0]?.model, system: release() },
    versions: process.versions,
    comparisons,
  };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}
