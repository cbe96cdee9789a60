// The heartbeat: what a run of `kms rotate due` calls when it starts and when it ends, so that a service which waits for
// the calls tells of a run that did not come. The paths are those of healthchecks.io.
import { KmsError, resultOrError, type ExitCode } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { NotifySettings } from '../settings/notify-settings.js';
import { readCaFile } from './ca-file.js';
import { sendWithin } from './delivery/send-within.js';
import type { Destination, DestinationProblem, SendResult } from './destination.js';
import { connectHttp, httpSender } from './webhooks/http.js';
import { proxyFor } from './webhooks/proxy.js';

export interface Heartbeat extends Pick<Destination, 'receiver'> {
  /** Calls the service, within the time limit. */
  call(when: Beat): Promise<SendResult>;
}

/** That a run starts, or the exit code that it ends with. */
export type Beat = 'start' | ExitCode;

export interface HeartbeatOptions {
  /** A UUID, by which the service tells runs at the same time apart. */
  readonly runId: string;
  readonly now: () => EpochSeconds;
  /** Takes the error of a bug. */
  readonly onUnexpected: (error: KmsError) => void;
}

/** Returns the heartbeat that the configuration asks for; null if there is none, or if it cannot be used. */
export function heartbeatOf(
  settings: Pick<NotifySettings, 'heartbeat' | 'flaws'>,
  { runId, now, onUnexpected }: HeartbeatOptions,
): Heartbeat | null {
  const { url, caFile, timeoutSeconds } = settings.heartbeat;
  if (url === null || heartbeatProblems(settings).length > 0) return null;
  const service = { url: new URL(url), ca: caFile === null ? null : readCaFile(caFile) };
  const post = httpSender(service, now);
  return {
    receiver: {
      name: NAME,
      timeoutSeconds,
      // Any request to the URL itself would count as a call.
      connect: (signal) => connectHttp({ ...service, url: rootOf(service.url) }, {}, signal),
    },
    call: (when) =>
      sendWithin(
        timeoutSeconds * 1000,
        (signal) => post({ url: urlOf(service.url, when, runId), headers: {}, body: '' }, signal),
        onUnexpected,
      ),
  };
}

/** Returns why the heartbeat cannot be used. No message shows its URL. */
export function heartbeatProblems({
  heartbeat: { url, caFile },
  flaws,
}: Pick<NotifySettings, 'heartbeat' | 'flaws'>): readonly DestinationProblem[] {
  const own = flaws.filter(({ setting }) => setting.startsWith('notify.heartbeat.'));
  const tried = [
    resultOrError(() => (caFile === null ? null : readCaFile(caFile))),
    resultOrError(() => (url === null ? null : proxyFor(new URL(url), process.env))),
  ];
  const errors = [
    ...own.map(({ error }) => error),
    ...tried.filter((one) => one instanceof KmsError),
  ];
  return errors.map((error) => ({ destination: NAME, error }));
}

const NAME = 'heartbeat';

function urlOf(url: URL, when: Beat, runId: string): URL {
  const called = new URL(url);
  if (when !== 0) called.pathname = `${url.pathname.replace(/\/+$/, '')}/${when}`;
  called.searchParams.set('rid', runId);
  return called;
}

function rootOf(url: URL): URL {
  return Object.assign(new URL(url), { pathname: '/', search: '' });
}
