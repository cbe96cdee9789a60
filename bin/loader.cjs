// Loads the bundled program, dist/kms.cjs, with the code that V8 compiled of it for the package: compiling it at each
// start takes longer than most commands do. Where the package has none for this V8, Node caches it, from version 22 on.
const { existsSync, readFileSync } = require('node:fs');
const nodeModule = require('node:module');
const { join } = require('node:path');
const process = require('node:process');
const { Script } = require('node:vm');

const filename = join(__dirname, 'kms.cjs');
/** By processor and V8's own version, without the suffix that Node adds. */
const codeCache = join(
  __dirname,
  'code-cache',
  `${process.arch}-${process.versions.v8.replace(/-.*/, '')}`,
);

if (existsSync(codeCache)) {
  const cachedData = readFileSync(codeCache);
  const script = new Script(nodeModule.wrap(readFileSync(filename, 'latin1')), {
    filename,
    cachedData,
  });
  script.runInThisContext()(exports, require, module, filename, __dirname);
  module.exports.script = script;
} else {
  // Beside the program, where only those who may change the program can write: what lies there is run. Node does
  // without where it cannot write.
  nodeModule.enableCompileCache?.(join(__dirname, 'compile-cache'));
  // Not in one statement: Node would read the whole bundle first to find the names that it exports.
  const program = require(filename);
  module.exports = program;
}
module.exports.codeCache = codeCache;
