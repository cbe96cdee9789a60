// What is odd about how a server would be connected to, but no error. It connects to nothing.
import { parseDatabaseUrl } from './url/database-url.js';
import { readPasswordFile } from './url/postgresql-password-file.js';
import { serverUrlWithin } from './url/postgresql-variables.js';

/** Returns sentences for people. @throws UrlMistake for a variable of PostgreSQL that is of no use. */
export function connectionNotices(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'sqlite') return [];
  const { dialectName, address, tls } = serverUrlWithin(env, parsed.url);
  const { mode, modeBy } = tls;
  const needsFile = dialectName === 'postgresql' && address.password === '';
  const passedOver = needsFile ? readPasswordFile(env).passedOver : null;
  return [
    ...(mode === 'prefer' || mode === 'allow'
      ? [
          `${modeBy?.name ?? 'sslmode'}: the database’s certificate is not verified, and the connection may be without TLS; verify-full verifies it`,
        ]
      : []),
    ...(passedOver === null ? [] : [passedOver]),
  ];
}
