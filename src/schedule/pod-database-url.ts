// The database URL as pods use it: without its password, and with mounted files in the place of this host's.
import { KmsError } from '../errors.js';
import { parseDatabaseUrl } from '../store/connect/url/database-url.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { parseServerUrl } from '../store/connect/url/server-url.js';
import { SYSTEM_AUTHORITIES } from '../store/connect/url/tls-request.js';
import { TLS_PARAMETERS } from '../store/connect/url/url-parameters.js';
import { PLACEHOLDER, type Mounts } from './pod-mounts.js';

const FILE_PARAMETERS: readonly string[] = [
  ...TLS_PARAMETERS.ca,
  ...TLS_PARAMETERS.cert,
  ...TLS_PARAMETERS.key,
  ...TLS_PARAMETERS.identity,
];

/** @throws KmsError InvalidArgument for SQLite: pods cannot open a file of this host. */
export function podDatabaseUrl(url: string, mounts: Mounts): string {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'sqlite') {
    throw new KmsError(
      'InvalidArgument',
      `the store ${parsed.path} is an SQLite file of this host, which pods cannot open`,
      { hint: 'name the database server that they can reach by --database-url' },
    );
  }
  const hidden = redactedUrl(parsed.url).replaceAll('***', PLACEHOLDER);
  return hidden.replace(
    /([?&])([^=&]*)=([^&]*)/g,
    (all, before: string, name: string, text: string) => {
      const path = decodeURIComponent(text.replaceAll('+', ' '));
      if (!FILE_PARAMETERS.includes(decodeURIComponent(name)) || path === SYSTEM_AUTHORITIES)
        return all;
      const key = `database-${name.replaceAll('_', '-')}`;
      return `${before}${name}=${mounts.addFile(`${name} of the database URL`, key, path)}`;
    },
  );
}

/** Returns what of the server's address means something else in a pod, in sentences. */
export function podAddressNotices(url: string): readonly string[] {
  return parseServerUrl(url).hosts.flatMap(({ host, socket }) => {
    if (socket !== null)
      return [`the database URL names the socket ${socket}, which pods do not have`];
    return /^(?:localhost|127\.|::1$)/.test(host)
      ? [`the database URL names ${host}, which is the pod itself there`]
      : [];
  });
}
