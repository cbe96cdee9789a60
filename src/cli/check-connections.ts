// What `kms config check --connect` does: opens the store as a run does, and connects to all that notifications and
// telemetry go to. Nothing is written, and nothing is delivered.
import { errorThrownBy, exitCodeOf } from '../errors.js';
import type { Destination } from '../notify/destination.js';
import { deliveryErrorRecord } from '../report/log-records.js';
import { missingKekNotice } from '../run/missing-kek.js';
import type { Config } from '../settings/config.js';
import { requestedSignals } from '../telemetry/endpoints.js';
import type { ConnectionResult } from '../views/config-check.js';
import { hostNow } from './clock.js';
import type { Printer } from './printing.js';
import { clocks } from './run-context.js';
import type { Session } from './session.js';

export interface CheckedConnections {
  readonly connections: readonly ConnectionResult[];
  readonly warnings: readonly string[];
}

export async function checkConnections(
  config: Config,
  destinations: readonly Destination[],
  { session, printer }: { readonly session: Session; readonly printer: Printer },
): Promise<CheckedConnections> {
  const { store, warnings } = await connectToStore(config, session);
  const heartbeat = await session.heartbeat(config);
  const called = [...destinations, ...(heartbeat === null ? [] : [heartbeat])];
  const receivers = await connectToReceivers(called, printer);
  return { connections: [store, ...receivers, ...(await connectToCollector())], warnings };
}

async function connectToStore(config: Config, session: Session) {
  const warnings: string[] = [];
  const error = await errorThrownBy(() =>
    session.withStore(config, 'write', async (store) => {
      await store.assertClocksAgree(hostNow);
      const notice = await missingKekNotice(store, config.serverKek);
      if (notice !== null) warnings.push(notice);
    }),
  );
  const name = `store ${await session.storeLabel(config)}`;
  if (error === null) return { store: { name, error, exitCode: 0 }, warnings } as const;
  const { message, hint } = error;
  const text = hint === null ? message : `${message} (${hint})`;
  return { store: { name, error: text, exitCode: exitCodeOf(error) }, warnings };
}

async function connectToReceivers(
  destinations: readonly Pick<Destination, 'receiver'>[],
  printer: Printer,
): Promise<readonly ConnectionResult[]> {
  const { connectReceivers } = await import('../notify/connect-receivers.js');
  const answers = await connectReceivers(destinations, (error) => {
    printer.diagnostics().event(deliveryErrorRecord(error));
  });
  return answers.map((answer) => ({ ...answer, exitCode: answer.error === null ? 0 : 6 }));
}

/** A collector that cannot be reached changes no run’s exit code. */
async function connectToCollector(): Promise<readonly ConnectionResult[]> {
  const { env } = process;
  const signals = requestedSignals(env);
  if (signals.length === 0) return [];
  const { connectCollector } = await import('../telemetry/send-telemetry.js');
  const { monotonicMs } = clocks();
  const said = await connectCollector({ signals, env, monotonicMs });
  return [{ name: 'collector', error: said?.replace(/^telemetry: /, '') ?? null, exitCode: 0 }];
}
