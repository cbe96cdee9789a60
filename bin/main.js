// The program behind bin/run.js, bundled into dist/: starts oclif, and tells in the form that was asked
// for what fails before a command is found.
import { flush, handle, run } from '@oclif/core';

// A reader that has seen enough, as in `kms key list | head`, is no error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await run(process.argv.slice(2), new URL('../bin/run.js', import.meta.url).href);
  await flush();
} catch (error) {
  if (error.code === 'EEXIT' || !process.argv.includes('--json')) {
    await handle(error);
  } else {
    const { message } = error;
    const failure = { reason: 'InvalidArgument', message, hint: 'see kms --help' };
    console.log(JSON.stringify({ schema: 'kms.error/v1', error: failure }, undefined, 2));
    process.exitCode = 2;
  }
}
