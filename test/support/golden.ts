// The golden stores, where they are: copies to write to, and a suite that says so where they are not.
import { copyFileSync, chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary.js';

const FOLDER =
  process.env['KMS_TEST_GOLDEN'] ??
  fileURLToPath(new URL('../../../shared/golden', import.meta.url));

export const GOLDEN_SQLITE = ['store', 'store-rotated', 'kek', 'crash'] as const;

export function goldenPath(file: string): string {
  return join(FOLDER, file);
}

/** Returns the path of a copy that may be written to. */
export function goldenCopy(file: string): string {
  const copy = join(temporaryFolder(), file);
  copyFileSync(goldenPath(file), copy);
  chmodSync(copy, 0o600);
  return copy;
}

/** A suite that is skipped, and named as skipped, where the golden stores are not. */
export function describeGolden(title: string, suite: () => void): void {
  if (existsSync(FOLDER)) {
    describe(title, suite);
  } else {
    describe(title, () => {
      it(`needs the golden stores at ${FOLDER}`);
    });
  }
}
