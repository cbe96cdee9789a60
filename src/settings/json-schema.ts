// The JSON Schema of kms.toml, with which editors complete and check it; made from the table of settings.
import { SETTING_NAMES, settingNamed, variableOf } from './settings.js';

interface TableSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly properties: Record<string, object>;
}

/** In draft 7, which the editors' TOML plugins know. */
export function configSchema(): object {
  const root = tableSchema();
  for (const name of SETTING_NAMES) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let table = root;
    for (const key of path) {
      table = (table.properties[key] ??= tableSchema()) as TableSchema;
    }
    const { kind, description, defaultValue } = settingNamed(name);
    table.properties[last] = {
      ...kind.schema,
      description: `${description} (${variableOf(name)})`,
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
    };
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'kms.toml, the configuration of kms',
    ...root,
  };
}

function tableSchema(): TableSchema {
  return { type: 'object', additionalProperties: false, properties: {} };
}
