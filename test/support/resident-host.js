// Runs bin/run.js again and again in one process, as its parent asks: what the built program is made of is loaded
// once. Each run has an environment, a folder and an argv of its own; its end is marked in both of its outputs.
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** What stands in for an exit that would take the process with it. */
class Exit extends Error {}

process.exit = (code) => {
  if (code !== undefined) process.exitCode = code;
  throw new Exit();
};

let number = 0;

process.on('message', ({ program, argv, env, cwd, mark }) => {
  void run(program, argv, env, cwd).then((code) => {
    process.exitCode = undefined;
    // In the order of what was written: nothing of a run comes after its mark.
    process.stdout.write(mark);
    process.stderr.write(mark);
    process.send(code);
  });
});

/** Returns the exit code. */
async function run(program, argv, env, cwd) {
  process.argv = [process.execPath, program, ...argv];
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  try {
    // Evaluated anew under each name.
    await import(`${pathToFileURL(program).href}?${(number += 1)}`);
  } catch (error) {
    if (!(error instanceof Exit)) {
      process.stderr.write(`${error.stack}\n`);
      return 1;
    }
  } finally {
    process.stdout.removeAllListeners('error');
  }
  return process.exitCode ?? 0;
}
