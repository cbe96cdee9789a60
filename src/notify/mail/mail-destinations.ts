// Mail addresses as destinations, made from notify.recipients and notify.smtp.
import { KmsError } from '../../errors.js';
import type { NotifySettings, RecipientSetting } from '../../settings/notify-settings.js';
import { MAX_TIMEOUT_SECONDS, type Destination } from '../destination.js';
import { eventFilterOf, matchesFilter } from '../event-filter.js';
import { smtpSender } from './smtp.js';
import type { SmtpServer } from './smtp-server.js';

/**
 * Returns one destination for each address: several entries for one address are several filters.
 *
 * @throws KmsError InvalidConfiguration
 */
export function mailDestinations({ smtp, recipients }: NotifySettings): readonly Destination[] {
  if (recipients.length === 0) return [];
  const server = serverOf(smtp);
  const byAddress = new Map<string, RecipientSetting[]>();
  for (const recipient of recipients) {
    const address = addressOf(recipient);
    byAddress.set(address, [...(byAddress.get(address) ?? []), recipient]);
  }
  return [...byAddress].map(([address, entries]) => ({
    name: `mail ${address}`,
    channel: 'smtp',
    digest: true,
    concurrency: 1,
    timeoutSeconds: server.timeoutSeconds,
    accepts: (event) => entries.some((entry) => matchesFilter(eventFilterOf(entry), event)),
    send: smtpSender(server, address),
  }));
}

function serverOf(smtp: NotifySettings['smtp']): SmtpServer {
  const { host, from, username, password, security } = smtp;
  if (host === null || from === null) {
    const missing = host === null ? 'host' : 'from';
    throw invalid(
      `there are recipients, but notify.smtp.${missing} is not set`,
      `set it, or leave the recipients out`,
    );
  }
  if ((username === null) !== (password === null)) {
    throw invalid(
      'notify.smtp.username and notify.smtp.password belong together',
      'set both, or neither',
    );
  }
  return {
    host,
    from,
    security,
    name: smtp.name,
    port: smtp.port ?? (security === 'tls' ? 465 : 587),
    credentials: username === null || password === null ? null : { username, password },
    caFile: smtp.caFile,
    timeoutSeconds: Math.min(smtp.timeoutSeconds, MAX_TIMEOUT_SECONDS),
  };
}

/** The longest address in SMTP (RFC 5321 §4.5.3.1). */
const LONGEST_ADDRESS = 254;

function addressOf({ address }: RecipientSetting): string {
  const text = address ?? '';
  const isAddress = /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(text) && !/[<>(),;:"\\]/.test(text);
  if (isAddress && text.length <= LONGEST_ADDRESS) return text.toLowerCase();
  throw invalid(
    `notify.recipients: ${JSON.stringify(text)} is not a mail address`,
    'write name@domain, in ASCII, one in each [[notify.recipients]]',
  );
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
