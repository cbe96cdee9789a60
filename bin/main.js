// The program behind bin/run.js, bundled into dist/: starts oclif, and tells in the form that was asked
// for what fails before a command is found.
import { Config, flush, handle, run } from '@oclif/core';
import { unknownCommand } from '../src/unknown-command.ts';

const from = new URL('../bin/run.js', import.meta.url).href;
const given = process.argv.slice(2);
const words = given[0] === '--version' ? ['version', ...given.slice(1)] : given;

// A reader that has seen enough, as in `kms key list | head`, is no error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await run(words, from);
  await flush();
} catch (error) {
  if (error.code === 'EEXIT') await handle(error);
  const { commands } = await Config.load(from);
  const visible = commands.filter(({ hidden }) => !hidden).map(({ id }) => id);
  const unknown = unknownCommand(error.message, visible);
  process.exitCode = 2;
  if (words.includes('--json')) {
    const { message, hint } = unknown ?? { message: error.message, hint: 'see kms --help' };
    const failure = { reason: 'InvalidArgument', message, hint };
    console.log(JSON.stringify({ schema: 'kms.error/v1', error: failure }, undefined, 2));
  } else if (unknown !== null) {
    console.error(`error: ${unknown.message}\nhint: ${unknown.hint}`);
  } else {
    await handle(error);
  }
}
