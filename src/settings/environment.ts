// Settings in environment variables: KMS_ and the setting's name, and for secrets also `…_FILE`, which names a file.
import { readFileSync } from 'node:fs';
import {
  isFileOfSecret,
  SETTING_NAMES,
  settingNamed,
  variableOf,
  type SettingName,
} from './settings.js';
import { KmsError } from '../errors.js';
import { nearest } from '../text/nearest.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of kms that set no setting. */
const OTHER_VARIABLES = ['KMS_CONFIG'];

export interface FoundVariable {
  readonly variable: string;
  /** Its text or that of the file that it names, or why there is none. */
  readonly text: string | KmsError;
}

/** Returns what a variable gives a setting, or null if none is set. */
export function findVariable(name: SettingName, env: Environment): FoundVariable | null {
  // Its variable is that of the secret.
  if (isFileOfSecret(name)) return null;
  const [variable, fileVariable] = [variableOf(name), fileVariableOf(name)];
  const text = variableIn(env, variable);
  const path = isSecret(name) ? variableIn(env, fileVariable) : null;
  if (path === null) return text === null ? null : { text, variable };
  if (text === null) return { text: contentOf(path, fileVariable), variable: fileVariable };
  const message = `${variable} and ${fileVariable} are both set`;
  return { text: invalid(message, 'set one of the two'), variable };
}

/** An empty variable counts as not set. */
export function variableIn(env: Environment, name: string): string | null {
  const text = env[name] ?? '';
  return text === '' ? null : text;
}

/** Returns a warning for each unknown variable. It is no error: a Kubernetes Service named kms sets such variables. */
export function unknownVariables(env: Environment): readonly string[] {
  const known = [
    ...SETTING_NAMES.map(variableOf),
    ...SETTING_NAMES.filter(isSecret).map(fileVariableOf),
    ...OTHER_VARIABLES,
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith('KMS_') && !name.startsWith('KMS_TEST_'))
    .filter((name) => !known.includes(name))
    .map((name) => `unknown variable ${name}; did you mean ${nearest(name, known)}?`);
}

function contentOf(path: string, fileVariable: string): string | KmsError {
  try {
    // A password may begin or end with a blank, but with no byte order mark of an editor.
    return readFileSync(path, 'utf8').replace(/^\ufeff|[\r\n]+$/g, '');
  } catch (cause) {
    const message = `the file that ${fileVariable} names cannot be read`;
    return invalid(message, 'check its path and rights', cause);
  }
}

function isSecret(name: SettingName): boolean {
  return settingNamed(name).secret === true;
}

function fileVariableOf(name: SettingName): string {
  return `${variableOf(name)}_FILE`;
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
