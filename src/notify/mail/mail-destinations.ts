// Mail addresses as destinations, made from notify.recipients and notify.smtp.
import { KmsError, resultOrError } from '../../errors.js';
import type { NotifySettings, SettingFlaw } from '../../settings/notify-settings.js';
import { readCaFile } from '../ca-file.js';
import type { Addressee, Destination, Destinations } from '../destination.js';
import { eventFilterOf, matchesFilter } from '../event-filter.js';
import { connectSmtp, smtpSender } from './smtp.js';
import type { SmtpServer } from './smtp-server.js';

/** Returns one destination for each address: several entries for one address are several filters. */
export function mailDestinations(settings: NotifySettings): Destinations {
  const addressees = addresseesOf(settings);
  const { server, errors } = serverOf(settings);
  const entries = settings.flaws.filter(isOf('notify.recipients')).map(({ error }) => error);
  return {
    usable: server === null ? [] : mailsTo(addressees, server),
    waiting: server === null ? addressees : [],
    problems: [...errors, ...entries].map((error) => ({ destination: 'mail', error })),
  };
}

interface MailAddressee extends Addressee {
  readonly address: string;
}

function addresseesOf({ recipients, flaws }: NotifySettings): readonly MailAddressee[] {
  const flawed = flaws.filter(isOf('notify.recipients')).map(({ entry }) => entry);
  // Without the member that is wrong, an entry could get what it is not meant to.
  const sound = recipients.flatMap(({ address, ...filter }, index) =>
    address === undefined || flawed.includes(index)
      ? []
      : [{ address: address.toLowerCase(), filter: eventFilterOf(filter) }],
  );
  return [...new Set(sound.map(({ address }) => address))].map((address) => ({
    name: `mail ${address}`,
    address,
    accepts: (event) =>
      sound.some((entry) => entry.address === address && matchesFilter(entry.filter, event)),
  }));
}

function mailsTo(addressees: readonly MailAddressee[], server: SmtpServer): readonly Destination[] {
  const { host, port, timeoutSeconds } = server;
  const receiver = {
    name: `mail server ${host}:${port}`,
    timeoutSeconds,
    connect: () => connectSmtp(server),
  };
  return addressees.map(({ address, name, accepts }) => ({
    name,
    accepts,
    channel: 'smtp',
    digest: true,
    concurrency: 1,
    timeoutSeconds,
    receiver,
    send: smtpSender(server, address),
  }));
}

/** The server is null if nobody gets mail, or if something about it is wrong. */
function serverOf({ smtp, recipients, flaws }: NotifySettings): {
  readonly server: SmtpServer | null;
  readonly errors: readonly KmsError[];
} {
  const { host, from, username, password, security, port, timeoutSeconds } = smtp;
  const smtpFlaws = flaws.filter(({ setting }) => setting.startsWith('notify.smtp.'));
  const isFlawed = (...members: readonly string[]) =>
    smtpFlaws.some(({ setting }) => members.includes(setting.replace('notify.smtp.', '')));
  const isAsked = recipients.length > 0;
  const ca = smtp.caFile === null ? null : resultOrError(() => readCaFile(smtp.caFile ?? ''));
  const errors = [
    ...smtpFlaws.map(({ error }) => error),
    ...(isAsked && host === null && !isFlawed('host') ? [missing('host')] : []),
    ...(isAsked && from === null && !isFlawed('from') ? [missing('from')] : []),
    ...((username === null) === (password === null) || isFlawed('username', 'password')
      ? []
      : [unpaired()]),
    ...(ca instanceof KmsError ? [ca] : []),
  ];
  if (errors.length > 0 || host === null || from === null || ca instanceof KmsError) {
    return { server: null, errors };
  }
  const credentials = username === null || password === null ? null : { username, password };
  const defaultPort = security === 'tls' ? 465 : 587;
  const login = { security, credentials, ca, name: smtp.name };
  return {
    server: { host, from, ...login, timeoutSeconds, port: port ?? defaultPort },
    errors,
  };
}

function isOf(name: string): (flaw: SettingFlaw) => boolean {
  return ({ setting }) => setting === name;
}

function missing(member: 'host' | 'from'): KmsError {
  return new KmsError(
    'InvalidConfiguration',
    `there are recipients, but notify.smtp.${member} is not set`,
    { hint: 'set it, or leave the recipients out' },
  );
}

function unpaired(): KmsError {
  return new KmsError(
    'InvalidConfiguration',
    'notify.smtp.username and notify.smtp.password belong together',
    { hint: 'set both, or neither' },
  );
}
