// Hooks as destinations: one executable for each kind of event, one process for each event. run-hook.ts runs it.
import { eventKindOf, type KmsEvent } from '../../report/events.js';
import { KmsError, resultOrError } from '../../errors.js';
import type { HookSettings, NotifySettings } from '../../settings/notify-settings.js';
import { ACCEPTED, type Addressee, type Destination, type Destinations } from '../destination.js';
import { assertExecutable } from './executable.js';
import { KILL_GRACE_MS, runHook } from './run-hook.js';

/** What a hook printed, for the log. */
export interface HookOutput {
  /** As the configuration calls it: `on_rotated`. */
  readonly hook: string;
  readonly uid: string | null;
  readonly text: string;
  readonly succeeded: boolean;
}

/** Returns a destination for each hook that is set; those that cannot be started are not usable. */
export function hookDestinations(
  { hooks, flaws }: Pick<NotifySettings, 'hooks' | 'flaws'>,
  onOutput: (output: HookOutput) => void,
): Destinations {
  const problems = flaws
    .filter(({ setting }) => setting.startsWith('hooks.'))
    .map(({ setting, error }) => ({ destination: titleOf(setting), error }));
  const common = problems.some(({ destination }) => destination === ALL_HOOKS);
  const made = Object.entries(hooks.argvs).flatMap(([kind, argv]) =>
    argv === null ? [] : [madeOf(kind, argv, common ? null : hooks, onOutput)],
  );
  return {
    usable: made.flatMap(({ usable }) => usable ?? []),
    waiting: made.flatMap(({ waiting }) => waiting ?? []),
    problems: [...problems, ...made.flatMap(({ problem }) => problem ?? [])],
  };
}

const ALL_HOOKS = 'hooks';

/** What is wrong with the setting of one hook is its problem; any other is that of all. */
function titleOf(setting: string): string {
  const [, own] = /^hooks\.(on_.*)$/.exec(setting) ?? [];
  return own === undefined ? ALL_HOOKS : `hook ${own}`;
}

/** Without the settings that all hooks have, the hook cannot be used. */
function madeOf(
  kind: string,
  argv: readonly string[],
  settings: HookSettings | null,
  onOutput: (output: HookOutput) => void,
) {
  const name = `hook on_${kind}`;
  const addressee = { name, accepts: (event: KmsEvent) => eventKindOf(event) === kind };
  const error = resultOrError(() => {
    assertExecutable(argv, process.env['PATH'] ?? '');
  });
  const problem = error instanceof KmsError ? { destination: name, error } : null;
  return settings === null || problem !== null
    ? { usable: null, waiting: addressee, problem }
    : { usable: hookTo(addressee, argv, settings, onOutput), waiting: null, problem };
}

function hookTo(
  addressee: Addressee,
  argv: readonly string[],
  { timeoutSeconds, concurrency, environment }: HookSettings,
  onOutput: (output: HookOutput) => void,
): Destination {
  const hook = addressee.name.replace('hook ', '');
  return {
    ...addressee,
    channel: addressee.name,
    digest: false,
    receiver: null,
    concurrency,
    claimsSingly: true,
    // We end the process earlier ourselves: a hook that hangs fails alone and does not stop the channel.
    timeoutSeconds: timeoutSeconds + 2 * (KILL_GRACE_MS / 1000),
    send: async ({ events: [event], attempt }, signal) => {
      if (event === undefined) return ACCEPTED;
      const timeoutMs = timeoutSeconds * 1000;
      const running = { event, attempt, timeoutMs, signal, store: environment };
      const { result, text } = await runHook(argv, running);
      const succeeded = result.kind === 'accepted';
      if (text !== '') onOutput({ hook, uid: event.subject ?? null, text, succeeded });
      return result;
    },
  };
}
