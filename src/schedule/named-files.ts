// The files that the settings in force name, apart from the store: those that a run reads, executes and writes. By
// their names: what ends in `_file` is a file that is read, but for the one that is written; and the client's certificate
// and key.
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { SETTING_NAMES, type SettingName } from '../settings/settings.js';
import { parseDatabaseUrl } from '../store/connect/url/database-url.js';
import { parseServerUrl } from '../store/connect/url/server-url.js';
import { SYSTEM_AUTHORITIES } from '../store/connect/url/tls-request.js';

interface NamedFile {
  /** What names it, as a notice says it: a setting, or a parameter of the URL. */
  readonly namedBy: string;
  readonly path: string;
}

export interface NamedFiles {
  readonly read: readonly NamedFile[];
  /** The executables of hooks. */
  readonly executed: readonly NamedFile[];
  readonly written: readonly NamedFile[];
}

const CLIENT_FILES = ['server.client_cert', 'server.client_key'] satisfies SettingName[];

export const METRICS_FILE = 'telemetry.metrics_file' satisfies SettingName;

export function namedFiles(settings: ResolvedSettings, databaseUrl: string): NamedFiles {
  const inForce = SETTING_NAMES.map((name) => [name, settings.get(name) as unknown] as const);
  const metricsFile = settings.get(METRICS_FILE);
  return {
    read: [...filesOfUrl(databaseUrl), ...inForce.flatMap(([name, value]) => filesIn(name, value))],
    executed: inForce.flatMap(([name, value]) =>
      isHook(name) && Array.isArray(value) ? [{ namedBy: name, path: String(value[0]) }] : [],
    ),
    written: metricsFile === undefined ? [] : [{ namedBy: METRICS_FILE, path: metricsFile }],
  };
}

/** Says whether a setting or a member of one names a file that is read. */
export function namesFile(name: string): boolean {
  const isOfClient = CLIENT_FILES.some((file) => file === name);
  return isOfClient || (name.endsWith('_file') && name !== METRICS_FILE);
}

export function isHook(name: SettingName): boolean {
  return name.startsWith('hooks.on_');
}

function filesIn(namedBy: string, value: unknown): readonly NamedFile[] {
  if (typeof value === 'string') return namesFile(namedBy) ? [{ namedBy, path: value }] : [];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) =>
    typeof entry === 'object' && entry !== null
      ? Object.entries(entry).flatMap(([member, text]) =>
          filesIn(`${namedBy}, entry ${index + 1}: ${member}`, text),
        )
      : [],
  );
}

/** Of those that PostgreSQL's variables name, carried-variables.ts takes care. */
function filesOfUrl(databaseUrl: string): readonly NamedFile[] {
  const parsed = parseDatabaseUrl(databaseUrl);
  if (parsed.kind === 'sqlite') return [];
  const { ca, cert, key, identity } = parseServerUrl(parsed.url).tls;
  return [ca, cert, key, identity].flatMap((parameter) =>
    parameter === null || parameter.text === SYSTEM_AUTHORITIES
      ? []
      : [{ namedBy: `${parameter.name} of the database URL`, path: parameter.text }],
  );
}
