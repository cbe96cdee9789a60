// Loads the bundled program, dist/kms.cjs, with what V8 had made of it when it was built, dist/kms.cache: compiling
// it anew takes longer than most commands do. V8 itself passes over what another version of it has made.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'kms.cjs');
const cache = join(__dirname, 'kms.cache');

/** An expression: the function that Node makes of a CommonJS module. */
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  ...(existsSync(cache) && { cachedData: readFileSync(cache) }),
});
script.runInThisContext()(exports, require, module, filename, __dirname);
module.exports.script = script;
