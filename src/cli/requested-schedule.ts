// The schedule that flags and settings ask for, on this host.
import { hostname } from 'node:os';
import { scheduleFor, type Schedule, type ScheduleRequest } from '../schedule/schedule.js';
import type { Config } from '../settings/config.js';
import { resolveSettings, type ConfigSources } from '../settings/resolve-settings.js';

/** @throws KmsError InvalidArgument */
export function requestedSchedule(
  sources: ConfigSources,
  config: Pick<Config, 'databaseUrl'>,
  flags: ScheduleRequest,
): Schedule {
  const program = { execPath: process.execPath, argv: process.argv, hostname: hostname() };
  return scheduleFor(resolveSettings(sources), config, flags, { ...program, env: sources.env });
}
