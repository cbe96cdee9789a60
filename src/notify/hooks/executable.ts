// Finds the executable of a hook as the system will: by its path, or by PATH for a bare name; and the interpreter that its
// first line names. Nothing is run.
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KmsError } from '../../errors.js';
import { printable } from '../../text/printable.js';

/** How much of a file the kernel reads for its first line (Linux, BINPRM_BUF_SIZE). */
const FIRST_LINE_BYTES = 256;

/**
 * Ensures that a hook can be started, given the value of PATH.
 *
 * @throws KmsError InvalidConfiguration, which says why not.
 */
export function assertExecutable([file = '']: readonly string[], path: string): void {
  const { found, flaw } = locate(file, path);
  if (flaw !== null) throw invalid(`${printable(file)} ${flaw}`, hintFor(file, flaw));
  const { interpreter, program } = firstLineOf(found);
  assertInterpreter(file, interpreter, (name) => flawOf(name));
  assertInterpreter(file, program, (name) => locate(name, path).flaw);
}

function assertInterpreter(
  file: string,
  interpreter: string | null,
  flawIn: (name: string) => string | null,
): void {
  const flaw = interpreter === null ? null : flawIn(interpreter);
  if (flaw === null) return;
  throw invalid(
    `${printable(file)} is for the interpreter ${JSON.stringify(interpreter)}, which ${flaw}`,
    interpreter?.endsWith('\r') === true
      ? 'end its lines as Unix does, without a carriage return'
      : 'install it, or correct the first line of the file',
  );
}

interface Located {
  readonly found: string;
  /** Null if it can be run. */
  readonly flaw: string | null;
}

/** As execvp does; a name without a slash is looked for in PATH. */
function locate(file: string, path: string): Located {
  if (file.includes('/')) return { found: file, flaw: flawOf(file) };
  const places = path.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, file));
  const found = places.find((place) => flawOf(place) === null);
  return found === undefined
    ? { found: file, flaw: 'is in no folder of PATH' }
    : { found, flaw: null };
}

const NOT_EXECUTABLE = 'is not executable';

function flawOf(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'is not a file';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there';
    if (code === 'EACCES' && syscall === 'access') return NOT_EXECUTABLE;
    return `cannot be reached (${code ?? 'unknown'})`;
  }
}

function hintFor(file: string, flaw: string): string {
  if (flaw === NOT_EXECUTABLE) return `chmod +x it`;
  if (file.startsWith('~')) return 'write the whole path: no shell expands ~';
  if (/\s/.test(file)) {
    return 'write arguments apart: ["/path/to/it", "argument"]; no shell is involved';
  }
  return 'give the path of an executable';
}

interface FirstLine {
  /** Null in a program, and in a file that execvp gives to sh. */
  readonly interpreter: string | null;
  /** What env is to start; null without env. */
  readonly program: string | null;
}

/** All that follows the interpreter is one argument (execve(2)). */
function firstLineOf(path: string): FirstLine {
  const line = firstBytes(path).toString('utf8').split('\n')[0] ?? '';
  const [, interpreter = '', argument = ''] =
    /^#![ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  const isByEnv = interpreter.endsWith('/env') && /^[^-=][^=]*$/.test(argument);
  return {
    interpreter: interpreter === '' ? null : interpreter,
    program: isByEnv ? argument : null,
  };
}

/** Of a file that may be run and not read, the system alone sees the first line. */
function firstBytes(path: string): Buffer {
  const bytes = Buffer.alloc(FIRST_LINE_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
