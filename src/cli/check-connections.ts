// What `kms config check --connect` does: opens the store as a run does, and connects to all that notifications and
// telemetry go to. Nothing is written, and nothing is delivered.
import { errorThrownBy, exitCodeOf, type KmsError } from '../errors.js';
import type { Destination } from '../notify/destination.js';
import { deliveryErrorRecord } from '../report/log-records.js';
import { missingKekNotice } from '../run/missing-kek.js';
import type { Config } from '../settings/config.js';
import { requestedSignals } from '../telemetry/endpoints.js';
import type { ConnectionResult } from '../views/config-check.js';
import type { KmsServer } from '../run/server/kms-server.js';
import type { Store } from '../store/store.js';
import { kmsServerError } from './check-kms-server.js';
import { hostNow } from './clock.js';
import { openKmsServer } from './open-kms-server.js';
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
  const server = openKmsServer(config);
  const { store, asked, warnings } = await connectToStore(config, session, server);
  const heartbeat = await session.heartbeat(config);
  const called = [...destinations, ...(heartbeat === null ? [] : [heartbeat])];
  const receivers = await connectToReceivers(called, printer);
  const connections = [store, ...asked, ...receivers, ...(await connectToCollector())];
  return { connections, warnings };
}

async function connectToStore(config: Config, session: Session, server: KmsServer | null) {
  const warnings: string[] = [];
  let asked: ConnectionResult | null = null;
  const error = await errorThrownBy(() =>
    session.withStore(config, 'write', async (store) => {
      if (server !== null) asked = await askedServer(server, store, session);
      await store.assertClocksAgree(hostNow);
      const notice = await missingKekNotice(store, config.serverKek);
      if (notice !== null) warnings.push(notice);
    }),
  );
  if (server !== null) asked ??= await askedServer(server, null, session);
  await server?.close();
  const name = `store ${await session.storeLabel(config)}`;
  return { store: resultOf(name, error), asked: asked === null ? [] : [asked], warnings };
}

async function askedServer(
  server: KmsServer,
  store: Store | null,
  { origin: { runId } }: Session,
): Promise<ConnectionResult> {
  return resultOf(`server ${server.name}`, await kmsServerError(server, store, runId));
}

function resultOf(name: string, error: KmsError | null): ConnectionResult {
  if (error === null) return { name, error: null, exitCode: 0 };
  const { message, hint } = error;
  const text = hint === null ? message : `${message} (${hint})`;
  return { name, error: text, exitCode: exitCodeOf(error) };
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
