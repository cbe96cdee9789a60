// Hooks as destinations: one executable for each kind of event, one process for each event. run-hook.ts runs it.
import { eventKindOf, type KmsEvent } from '../../report/events.js';
import type { HookSettings } from '../../settings/notify-settings.js';
import { ACCEPTED, MAX_TIMEOUT_SECONDS, type Destination } from '../destination.js';
import { KILL_GRACE_MS, runHook } from './run-hook.js';

/** What a hook printed, for the log. */
export interface HookOutput {
  /** As the configuration calls it: `on_rotated`. */
  readonly hook: string;
  readonly uid: string | null;
  readonly text: string;
  readonly succeeded: boolean;
}

/** Returns a destination for each hook that is set. */
export function hookDestinations(
  { argvs, timeoutSeconds, concurrency, environment }: HookSettings,
  onOutput: (output: HookOutput) => void,
): readonly Destination[] {
  const limitSeconds = Math.min(timeoutSeconds, MAX_TIMEOUT_SECONDS);
  return Object.entries(argvs).flatMap(([kind, argv]) => {
    if (argv === null) return [];
    const name = `hook on_${kind}`;
    return {
      name,
      channel: name,
      digest: false,
      concurrency,
      claimsSingly: true,
      // We end the process earlier ourselves: a hook that hangs fails alone and does not stop the channel.
      timeoutSeconds: limitSeconds + 2 * (KILL_GRACE_MS / 1000),
      accepts: (event: KmsEvent) => eventKindOf(event) === kind,
      send: async ({ events: [event], attempt }, signal) => {
        if (event === undefined) return ACCEPTED;
        const timeoutMs = limitSeconds * 1000;
        const { result, text } = await runHook(argv, {
          ...{ event, attempt, timeoutMs, signal },
          store: environment,
        });
        const succeeded = result.kind === 'accepted';
        const uid = event.subject ?? null;
        if (text !== '') onOutput({ hook: `on_${kind}`, uid, text, succeeded });
        return result;
      },
    } satisfies Destination;
  });
}
