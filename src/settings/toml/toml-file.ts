// A TOML file with what error messages need: the file's name, and the line of each member.
import { readFileSync } from 'node:fs';
import {
  isSyntaxError,
  lineOf,
  parseToml,
  type MemberPath,
  type TomlTable,
} from './toml-document.js';
import { KmsError, type Reason } from '../../errors.js';

export interface TomlFile {
  readonly path: string;
  readonly root: TomlTable;
  readonly lineOf: (member: MemberPath) => number;
  /** Returns an error whose message begins with the file and the line of this member. */
  readonly errorAt: (member: MemberPath, message: string, hint: string) => KmsError;
}

/** What a file is for. */
export interface TomlFileUse {
  /** What messages call it: "the policy file". */
  readonly title: string;
  /** The reason of errors about it. */
  readonly reason: Reason;
}

/** Reads a file, `-` for standard input. @throws KmsError if it cannot be read, or is not TOML. */
export function readTomlFile(path: string, use: TomlFileUse): TomlFile {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new KmsError(use.reason, `${use.title} ${path} cannot be read`, {
      hint: 'check the path and its rights',
      cause,
    });
  }
  return parseTomlFile(path, text, use);
}

/** Parses the text of a file. @throws KmsError with line and column if it is not TOML. */
function parseTomlFile(path: string, text: string, { reason }: TomlFileUse): TomlFile {
  const document = parseToml(text);
  if (isSyntaxError(document)) {
    throw new KmsError(reason, `${path}:${document.line}:${document.column}: not valid TOML`, {
      hint: 'check this line; strings need quotes',
    });
  }
  return {
    path,
    root: document.root,
    lineOf: (member) => lineOf(document, member),
    errorAt: (member, message, hint) =>
      new KmsError(reason, `${path}:${lineOf(document, member)}: ${message}`, { hint }),
  };
}
