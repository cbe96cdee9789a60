// Carries out the plan of `kms init` and says what was done.
import { backUpSqlite } from '../store/prepare/back-up.js';
import { dumpCommand } from '../store/prepare/dump-command.js';
import type { OnIndex } from '../store/prepare/build-indexes.js';
import { type InitResult, initialise } from '../store/prepare/initialise.js';
import type { InitWriter } from '../store/prepare/record-init.js';
import type { ConnectOptions } from '../store/connect/connection.js';
import { KmsError } from '../errors.js';
import { readConfigFile, writeConfigFile } from '../settings/config-file.js';
import { withSettings } from '../settings/edit-toml.js';
import { sqlitePath } from '../store/connect/connect.js';
import { inspectDatabase } from '../store/prepare/inspect-database.js';
import { CONNECT_OPTIONS } from './connect-options.js';
import type { InitPlan } from './init-plan.js';
import { nextRunLines, type NextRun } from './next-run.js';
import { shellWord } from '../text/shell-word.js';

export interface InitOutcome {
  readonly initialised: InitResult;
  /** The copy that was made, if any. */
  readonly copy: string | null;
  readonly configFile: string | null;
  /** False if the file already had all the settings. */
  readonly isFileChanged: boolean;
}

/** The order matters: a step that fails leaves the store as it was, or `kms init` can simply be run again. */
export async function executePlan(
  { url, copy, file, settings }: InitPlan,
  options: Required<Pick<ConnectOptions, 'lockWait' | 'auditKeys'>>,
  writer: InitWriter,
  onIndex?: OnIndex,
): Promise<InitOutcome> {
  const text = file === null ? null : withSettings(readConfigFile(file), settings);
  const copied = copy === null ? null : await copyStore(url, copy);
  const initialised = await initialise(url, { ...CONNECT_OPTIONS, ...options }, writer, onIndex);
  const isFileChanged = file !== null && text !== null && writeConfigFile(file, text);
  return { initialised, copy: copied, configFile: file, isFileChanged };
}

/** Returns the document `kms.init/v1`. */
export function initJson(
  { initialised, copy, configFile }: InitOutcome,
  label: string,
  nextRun: NextRun,
): object {
  const { identity, ...done } = initialised;
  const { id } = identity;
  return { schema: 'kms.init/v1', ...done, id, label, copy, configFile, nextRun };
}

/** Returns what was done, one line each. */
export function doneLines(plan: InitPlan, result: InitOutcome, label: string): readonly string[] {
  const { initialised, copy, configFile, isFileChanged } = result;
  const { url, store } = initialised;
  return [
    ...copyLines(plan, copy),
    store === 'created' ? `made a new key store: ${url}` : `found a key store: ${url}`,
    additionsLine(initialised),
    ...sealedLines(initialised),
    `alerts, metrics and reports call it ${label}`,
    ...(configFile === null
      ? []
      : [isFileChanged ? `wrote ${configFile}` : `${configFile} already had these settings`]),
  ];
}

/** Returns what the next run would do, and the commands to go on with, one line each. */
export function nextLines(
  plan: InitPlan,
  { initialised }: InitOutcome,
  nextRun: NextRun,
): readonly string[] {
  const commands = nextCommands(plan, initialised.store, nextRun);
  return [
    ...(initialised.store === 'created' ? [] : nextRunLines(nextRun)),
    ...commands.map((line, index) => `${index === 0 ? 'next:' : '     '} ${line}`),
  ];
}

function copyLines({ copy: wanted }: InitPlan, copy: string | null): readonly string[] {
  if (copy !== null) return [`copied the store to ${copy}`];
  return wanted === null ? [] : [`made no copy ${wanted}: there was no store yet`];
}

function additionsLine({ migrations, indexes }: InitResult): string {
  if (migrations.length > 0) return 'added kms’s tables and indexes';
  if (indexes.length === 0) return 'kms’s tables and indexes were there already';
  const built = indexes.length === 1 ? 'this index' : 'these indexes';
  return `kms’s tables were there already; built ${built}: ${indexes.join(', ')}`;
}

function sealedLines({ sealedRows }: InitResult): readonly string[] {
  if (sealedRows === 0) return [];
  const rows = sealedRows === 1 ? 'the 1 row' : `the ${sealedRows} rows`;
  return [`sealed ${rows} that the rotation log had from before; kms audit verify checks them`];
}

/** Returns the file, or null if there is no store yet that could be copied. */
async function copyStore(url: string, copy: string): Promise<string | null> {
  const found = await inspectDatabase(url, CONNECT_OPTIONS);
  const { presence } = found;
  if (presence === 'absent' || presence === 'empty') return null;
  if (sqlitePath(url) === null) {
    throw new KmsError('InvalidArgument', 'kms can copy only SQLite stores', {
      hint: `make a copy with ${dumpCommand(url, copy, found)}`,
    });
  }
  await backUpSqlite(url, copy, CONNECT_OPTIONS);
  return copy;
}

/** A new store has no keys to list yet. */
function nextCommands(
  { file, scheduler }: InitPlan,
  store: InitResult['store'],
  { due }: NextRun,
): readonly string[] {
  const config = file === null ? '' : ` --config ${shellWord(file)}`;
  return [
    ...(store === 'created' ? [`kms key create NAME --keyset --interval 90d${config}`] : []),
    `kms due list${config}`,
    ...(due === 0 ? [] : [`kms rotate due --max-keys 1${config}`]),
    ...(scheduler === null ? [] : [`kms schedule ${scheduler}${config}`]),
  ];
}
