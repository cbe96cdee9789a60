// Where a user's data and configuration are kept, by the rules of the XDG Base Directory Specification.
import { isAbsolute, join } from 'node:path';
import { homeFolder } from '../files/account.js';
import type { Environment } from './environment.js';

const DEFAULTS = { XDG_DATA_HOME: '.local/share', XDG_CONFIG_HOME: '.config' } as const;

/** An empty variable, or one with a relative path, counts as not set; so does an empty HOME. */
export function userFolder(env: Environment, variable: keyof typeof DEFAULTS): string {
  const named = env[variable] ?? '';
  if (isAbsolute(named)) return named;
  return join(homeFolder(), DEFAULTS[variable]);
}
