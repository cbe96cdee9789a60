// PostgreSQL's environment variables fill the gaps of a URL, as for every program of libpq. They never choose the
// store: which host and which database are the URL's to say, so PGHOST, PGHOSTADDR, PGDATABASE and PGSERVICE count for
// nothing.
import { accountName } from '../../../files/account.js';
import { parseServerUrl, type ServerUrl } from './server-url.js';
import type { ParameterDefaults } from './url-parameters.js';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES: Readonly<Record<string, string>> = {
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  application_name: 'PGAPPNAME',
  options: 'PGOPTIONS',
};

/** Every variable that bears on how a server is connected to. */
export const CONNECTION_VARIABLES: readonly string[] = [
  ...Object.values(VARIABLES),
  'PGPASSFILE',
  'SSL_CERT_FILE',
];

/** Returns the server of a URL as a connection needs it. @throws UrlMistake, also for a variable of no use. */
export function serverUrlWithin(env: Environment, url: string): ServerUrl {
  return parseServerUrl(url, /^postgres/i.test(url) ? defaultsIn(env) : {});
}

/** Returns the parameters that variables set. An empty variable counts as not set. */
function defaultsIn(env: Environment): ParameterDefaults {
  const set = Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([parameter, name]) => {
      const text = env[name];
      // PGCONNECT_TIMEOUT=0 means no limit; there always is one.
      if (text === undefined || text === '' || (name === 'PGCONNECT_TIMEOUT' && text === '0'))
        return [];
      return [[parameter, { name, text }] as const];
    }),
  );
  // An account without a name, as in some containers, is none of the server's.
  const user = { name: 'the account of this process', text: accountName() ?? '' };
  return { user, ...set };
}
