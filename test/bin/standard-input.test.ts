// Standard input belongs to whoever called: a command that is called in a shell's loop must leave the loop's lines alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { RUN_JS } from '../support/binary.js';
import { newStorePath } from '../support/sqlite.js';
import { temporaryFolder } from '../support/temporary.js';

interface Command {
  readonly args?: Readonly<Record<string, { readonly ignoreStdin?: boolean }>>;
}

const LOADER = fileURLToPath(new URL('../../dist/loader.cjs', import.meta.url));

describe('standard input', () => {
  it('is no argument of any command', () => {
    const { COMMANDS } = createRequire(import.meta.url)(LOADER) as {
      readonly COMMANDS: Readonly<Record<string, Command>>;
    };
    const all = Object.entries(COMMANDS).flatMap(([id, { args = {} }]) =>
      Object.entries(args).map(([name, arg]) => ({ name: `${id} ${name}`, arg })),
    );
    assert.ok(all.length > 10);
    for (const { name, arg } of all) assert.equal(arg.ignoreStdin, true, name);
  });

  it('is left alone by a command that could take an argument', async () => {
    const script = 'printf "a\\nb\\n" | { "$NODE" "$RUN_JS" history; cat; }';
    const { stdout } = spawnSync('sh', ['-c', script], {
      encoding: 'utf8',
      env: {
        ...{ NODE: process.execPath, RUN_JS, PATH: process.env['PATH'] },
        ...{ HOME: temporaryFolder(), KMS_DATABASE_URL: await newStorePath() },
      },
    });
    assert.match(stdout, /(^|\n)a\nb\n$/);
  });
});
