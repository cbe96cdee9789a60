// Runs scripts of package.json, as many at once as there are processors, those named first first. What each prints is
// shown when it ends; the exit code is that of the first one named that fails.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

const names = process.argv.slice(2);
const codes = names.map(() => 0);
const waiting = [...names.entries()];

await Promise.all(Array.from({ length: availableParallelism() }, runWaiting));
process.exitCode = codes.find((code) => code !== 0) ?? 0;

async function runWaiting() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [index, name] = next;
    codes[index] = await run(name);
  }
}

/** Returns the exit code of a script. */
function run(name) {
  const begun = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => printed.push(bytes));
  }
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const seconds = Math.round((performance.now() - begun) / 1000);
      process.stdout.write(`> ${name} (${seconds} s)\n${Buffer.concat(printed).toString()}`);
      resolve(code ?? 1);
    });
  });
}
