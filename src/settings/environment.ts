// Settings in environment variables: KMS_ and the setting's name, and for secrets also `…_FILE`, which names a file.
import { readFileSync } from 'node:fs';
import { describeMistake } from './kinds/value-kind.js';
import { SETTING_NAMES, settingNamed, variableOf, type SettingName } from './settings.js';
import { KmsError } from '../errors.js';
import { nearest } from '../text/nearest.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of kms that set no setting. */
const OTHER_VARIABLES = ['KMS_CONFIG'];

/**
 * Returns the value of a setting and the variable that sets it, or null if none does.
 *
 * @throws KmsError InvalidConfiguration, naming the variable.
 */
export function readVariable(
  name: SettingName,
  env: Environment,
): { readonly value: unknown; readonly variable: string } | null {
  const found = findVariable(name, env);
  if (found === null) return null;
  const read = settingNamed(name).kind.readText(found.text);
  if (read.mistake === undefined) return { value: read.value, variable: found.variable };
  const { mistake } = read;
  throw invalid(describeMistake(found.variable, mistake), mistake.hint);
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

function findVariable(name: SettingName, env: Environment) {
  const [variable, fileVariable] = [variableOf(name), fileVariableOf(name)];
  const text = env[variable];
  const path = isSecret(name) ? env[fileVariable] : undefined;
  if (path === undefined) return text === undefined ? null : { text, variable };
  if (text === undefined) return { text: contentOf(path, fileVariable), variable: fileVariable };
  throw invalid(`${variable} and ${fileVariable} are both set`, 'set one of the two');
}

function contentOf(path: string, fileVariable: string): string {
  try {
    // A password may begin or end with a blank, but with no byte order mark of an editor.
    return readFileSync(path, 'utf8').replace(/^\ufeff|[\r\n]+$/g, '');
  } catch (cause) {
    const message = `the file that ${fileVariable} names cannot be read`;
    throw invalid(message, 'check its path and rights', cause);
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
