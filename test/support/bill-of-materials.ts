// Checks a CycloneDX bill of materials against the schema of its version.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';

const LIBRARY = fileURLToPath(import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'));

/** Returns what the schema has against a document; nothing if it is valid. */
export function bomErrors(document: unknown): readonly string[] {
  // The schemas state formats that are no part of JSON Schema, and use keywords of several drafts.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82']) {
    // Under the names by which the first one refers to them.
    ajv.addSchema(schemaNamed(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const validate = ajv.compile(schemaNamed('bom-1.6'));
  if (validate(document)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

function schemaNamed(name: string): object {
  const path = join(dirname(LIBRARY), 'res', 'schema', `${name}.SNAPSHOT.schema.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as object;
}
