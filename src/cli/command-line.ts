// Finds the command that a command line names, before any is loaded. A topic alone, or a mistyped command, is an error.
// oclif and the commands parse flags and arguments.
import { KmsError } from '../errors.js';
import { suggestCommands } from './suggest-commands.js';

/** What has to be known of a command to find it. */
export interface KnownCommand {
  /** Its words joined by colons, as in `rotate:due`. */
  readonly id: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  /** False if it takes any number of arguments. */
  readonly strict?: boolean | undefined;
  /** Whether help and hints leave it out. */
  readonly hidden?: boolean | undefined;
}

/** Returns a line as oclif reads it: `help COMMAND` and `-h` become `--help`, `--version` the command. */
export function oclifLine(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === '--version') return ['version', ...rest];
  if (first === 'help') return [...leadingWords(rest).filter((word) => word !== 'help'), '--help'];
  const end = options(argv).length;
  return argv.map((word, place) => (word === '-h' && place < end ? '--help' : word));
}

/**
 * Ensures that a line names a command, or asks for the help of one, without arguments that it does not take.
 *
 * @throws KmsError InvalidArgument
 */
export function assertNamesCommand(
  argv: readonly string[],
  commands: readonly KnownCommand[],
): void {
  const words = leadingWords(argv);
  const command = commandIn(argv, commands);
  if (asksForHelp(argv) && (command !== undefined || isTopic(words, commands))) return;
  if (command === undefined) {
    throw notACommand(
      words,
      commands.filter(({ hidden }) => hidden !== true),
    );
  }
  const rest = words.slice(command.id.split(':').length);
  if (rest.length === 0 || takesWords(command)) return;
  const name = spoken(command);
  throw wrong(
    `${name} takes no argument, but ${JSON.stringify(rest[0])} was given`,
    `see ${name} --help`,
  );
}

function takesWords({ args, strict }: KnownCommand): boolean {
  return strict === false || Object.keys(args).length > 0;
}

/** Says whether a line asks its command to answer by exit code alone. */
export function asksToCheck(
  argv: readonly string[],
  flags: Readonly<Record<string, unknown>> | undefined,
): boolean {
  return flags !== undefined && Object.hasOwn(flags, 'check') && options(argv).includes('--check');
}

/** Returns the command that a line starts with; of `status` and `status show` the longer one. */
export function commandIn(
  argv: readonly string[],
  commands: readonly KnownCommand[],
): KnownCommand | undefined {
  const words = leadingWords(argv);
  return commands
    .filter(({ id }) => id.split(':').every((word, index) => words[index] === word))
    .sort((one, other) => other.id.length - one.id.length)[0];
}

function asksForHelp(argv: readonly string[]): boolean {
  return argv.length === 0 || options(argv).includes('--help');
}

/** Returns the words before `--`; everything after it is an argument. */
function options(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** Returns the words before the first flag. The words of a command may also be joined by colons. */
function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const [first = '', ...others] = end === -1 ? argv : argv.slice(0, end);
  return [...first.split(':').filter((word) => word !== ''), ...others];
}

/** Says whether commands begin with these words; all do with none. */
function isTopic(words: readonly string[], commands: readonly KnownCommand[]): boolean {
  return words.length === 0 || commands.some(({ id }) => id.startsWith(`${words.join(':')}:`));
}

function notACommand(words: readonly string[], commands: readonly KnownCommand[]): KmsError {
  if (words.length === 0) {
    return wrong(
      'the command must come before the flags',
      'write kms COMMAND FLAGS; see kms --help',
    );
  }
  if (isTopic(words, commands)) {
    const begun = commands.filter(({ id }) => id.startsWith(`${words.join(':')}:`)).map(spoken);
    return wrong(`kms ${words.join(' ')} needs a subcommand`, `write ${orOf(begun)}`);
  }
  const topic = isTopic(words.slice(0, 1), commands) ? `kms ${words[0] ?? ''}` : 'kms';
  const meant = suggestCommands(words, commands);
  return wrong(
    `there is no command ${JSON.stringify(`kms ${words.slice(0, 2).join(' ')}`)}`,
    `${meant.length === 0 ? '' : `did you mean ${orOf(meant)}? `}see ${topic} --help`,
  );
}

function spoken({ id }: KnownCommand): string {
  return `kms ${id.replaceAll(':', ' ')}`;
}

function orOf(names: readonly string[]): string {
  const first = names.slice(0, -1).join(', ');
  return first === '' ? (names[0] ?? '') : `${first} or ${names.at(-1) ?? ''}`;
}

function wrong(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
