// The settings in force, for people.
import type { ShownSetting } from '../config-view.js';
import { tableBlocks, type Column } from './table.js';
import { printable, type Terminal } from './terminal.js';

export function* configTable(
  file: string | null,
  settings: readonly ShownSetting[],
  terminal: Terminal,
): Generator<string> {
  const columns: readonly Column<ShownSetting>[] = [
    { title: 'SETTING', value: ({ name }) => name },
    { title: 'VALUE', value: ({ value }) => textOf(value) },
    {
      title: 'SOURCE',
      value: ({ source, from }) => (source === 'default' ? source : (from ?? '')),
    },
    { title: 'VARIABLE', value: ({ variable }) => variable, weight: 1 },
  ];
  yield* tableBlocks(columns, settings, terminal);
  yield '';
  yield terminal.paint.dim(
    file === null ? 'no configuration file was found' : `configuration file: ${printable(file)}`,
  );
}

function textOf(value: unknown): string {
  if (value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
