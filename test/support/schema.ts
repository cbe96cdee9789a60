// Checks documents that --json prints against the schemas that are published with the program.
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const FOLDER = new URL('../../src/schemas/', import.meta.url);

/** To compile one takes longer than most tests. */
const validators = new Map<string, ValidateFunction>();

export function schemaNames(): readonly string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
}

export function readSchema(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Record<
    string,
    unknown
  >;
}

/** Returns what a schema has against a document; nothing if it is valid. */
export function schemaErrors(name: string, document: unknown): readonly string[] {
  const validate = validators.get(name) ?? compiled(name);
  validators.set(name, validate);
  if (validate(document)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

function compiled(name: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  return ajv.compile(readSchema(name));
}
