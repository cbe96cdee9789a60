// The table of `kms config show`: the settings in force, with their sources.
import type { ShownSetting } from './config-view.js';
import { tomlForm } from './edit-toml.js';
import { tableBlocks } from '../output/table.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';

export function* configTable(
  file: string | null,
  settings: readonly ShownSetting[],
  terminal: Terminal,
): Generator<string> {
  const columns: readonly Column<ShownSetting>[] = [
    { title: 'SETTING', value: ({ name }) => name },
    { title: 'VALUE', value: valueText },
    {
      title: 'SOURCE',
      value: ({ source, from }) => (source === 'default' ? source : from),
    },
    { title: 'VARIABLE', value: ({ variable }) => variable, weight: 1 },
  ];
  yield* tableBlocks(columns, settings, terminal);
  yield '';
  yield terminal.paint.dim(
    file === null ? 'no configuration file was found' : `configuration file: ${printable(file)}`,
  );
}

/** Returns a value as kms.toml has it. */
function valueText({ name, value }: ShownSetting): string | null {
  if (value === null) return null;
  const written = tomlForm(name, value);
  return typeof written === 'string' ? written : JSON.stringify(written);
}
