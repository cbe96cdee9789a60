// What a command holds while it works: its run id, the open store, the watch for signals, the notifier and the
// measurement. It closes what it opened.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { generateKeyPair } from '../crypto/keys/generate-key-pair.js';
import type { ExitCode, KmsError } from '../errors.js';
import type { Heartbeat } from '../notify/heartbeat.js';
import { NO_NOTIFIER, createNotifier, type Notifier } from '../notify/notifier.js';
import type { PolicyContext } from '../policies/changes.js';
import type { RunContext } from '../run/context.js';
import type { DeliverySummary } from '../report/delivery-summary.js';
import { deliveryErrorRecord } from '../report/log-records.js';
import { onReplica, storeWithoutId } from '../report/store-notices.js';
import { readAuditKeys } from '../settings/audit-key-files.js';
import type { Config } from '../settings/config.js';
import { NO_AUDIT_KEYS } from '../store/own/chain/audit-keys.js';
import { BUSY_TIMEOUT_MS, openStore } from '../store/open.js';
import { readStoreLabel, storeLabel, unopenedStoreLabel } from '../store/store-label.js';
import type { Store } from '../store/store.js';
import type { DoctorContext, DoctorOptions } from '../doctor/doctor-context.js';
import { assertTablesUpToDate } from '../doctor/store-findings.js';
import { newAuditHeads, type AuditHeads } from './audit-heads.js';
import { hostNow } from './clock.js';
import { noteHookOutput } from './diagnostics.js';
import { withLimitedMemory } from './limit-memory.js';
import { measureCommand, type Measurement, type MeasurementOptions } from './measure-command.js';
import type { Printer } from './printing.js';
import {
  changeContext,
  clocks,
  inRunContext,
  osUser,
  recordedDelivery,
  type ChangeOptions,
} from './run-context.js';
import { beginHeartbeat, type RunHeartbeat } from './run-heartbeat.js';
import { openKmsServer } from './open-kms-server.js';
import type { ExtendContext } from '../run/overlaps/extend-overlap.js';
import { watchSignals, type SignalWatch } from './signals.js';

/** Flags of the commands that rotate, parsed. */
interface RunFlags {
  readonly 'dry-run': boolean;
  readonly 'with-certificates'?: boolean | undefined;
  /** Seconds. */
  readonly overlap?: number | undefined;
  readonly concurrency?: number;
  /** To the server. */
  readonly requestsAtOnce?: number | undefined;
}

export interface Session {
  /** What the command has left in the log. */
  readonly auditHeads: AuditHeads;
  /** Who sends a notification. */
  readonly origin: { readonly runId: string; readonly host: string; readonly version: string };
  /** Who writes to the log. */
  readonly writer: () => Pick<ChangeOptions, 'runId' | 'identity'>;
  /** Returns the label of the store, which is opened for a moment unless it was open before. */
  storeLabel(config: Config): Promise<string>;
  /** Opens the store, passes it on, and closes it whatever happens. */
  withStore<T>(
    config: Config,
    mode: 'read' | 'write',
    use: (store: Store) => Promise<T>,
    connections?: number,
  ): Promise<T>;
  /** Opens the store for a rotation run. A first signal stops the run after the batch in work. */
  withRunContext<T>(
    config: Config,
    flags: RunFlags,
    use: (context: RunContext) => Promise<T>,
  ): Promise<T>;
  /** Opens the store for a change of policies. A first signal stops it after the batch in work. */
  withPolicyContext<T>(
    config: Config,
    dryRun: boolean,
    use: (context: PolicyContext) => Promise<T>,
  ): Promise<T>;
  /** Opens the store to move the end of an overlap. */
  withExtendContext<T>(config: Config, use: (context: ExtendContext) => Promise<T>): Promise<T>;
  /** Opens the store for doctor. Once it repairs, a first signal stops it after the repair in work. */
  withDoctorContext<T>(
    config: Config,
    fix: boolean,
    options: DoctorOptions,
    use: (context: DoctorContext) => Promise<T>,
  ): Promise<T>;
  /** @throws KmsError InvalidConfiguration */
  notifier(config: Config, stopRequested?: () => Promise<boolean>): Promise<Notifier>;
  /** Returns what sends messages outside of a run, and records which destinations refuse them. */
  delivery(config: Config, store: Store, notifier: Notifier): () => Promise<DeliverySummary>;
  /** Returns the heartbeat; null if there is none, or if it cannot be used. */
  heartbeat(config: Config): Promise<Heartbeat | null>;
  /** Calls the heartbeat, if there is one, without waiting for it. */
  beginHeartbeat(config: Config): Promise<void>;
  /** Tells the heartbeat that was begun of the end, and returns the exit code that follows from that. */
  endHeartbeat(exitCode: ExitCode): Promise<ExitCode>;
  /** Starts to measure the command. */
  measure(config: Config, options: MeasurementOptions): Measurement;
  /** Ends the measurement, if there is one, and sends it. */
  endMeasurement(exitCode: ExitCode): Promise<void>;
  close(): void;
}

export interface SessionOptions {
  readonly runId: string;
  readonly version: string;
  /** The command as it is typed, without the program. */
  readonly commandName: () => string;
  readonly printer: Printer;
}

export function newSession({ runId, version, commandName, printer }: SessionOptions): Session {
  const origin = { runId, host: hostname(), version };
  let measurement: Measurement | null = null;
  let runHeartbeat: RunHeartbeat | null = null;
  let label: string | null = null;
  const labelSoFar = (config: Config) =>
    label ?? unopenedStoreLabel(config.storeName, config.databaseUrl);
  /** Kept until everything is reported: a second signal must not be lost in between. */
  let signals: SignalWatch | null = null;
  const watched = () => (signals ??= watchSignals());
  const onUnexpected = (error: KmsError) => {
    printer.diagnostics().event(deliveryErrorRecord(error));
  };
  const writer = () => ({ runId, identity: { host: origin.host, osUser: osUser(), version } });
  /** Until the first question whether to stop nothing is written, and a signal ends the process at once. */
  const lookingOptions = ({ firstDeadline, ends }: Config): ChangeOptions => ({
    ...{ ...writer(), firstDeadline, ends },
    stopRequested: () => watched().stopRequested(),
  });
  const changeOptions = (config: Config): ChangeOptions => {
    watched();
    return lookingOptions(config);
  };
  const open = async (config: Config, mode: 'read' | 'write', connections: number) => {
    try {
      // Whoever only reads needs no keys, and may not be allowed to read them.
      const auditKeys = mode === 'write' ? readAuditKeys(config) : NO_AUDIT_KEYS;
      const options = { mode, busyTimeoutMs: BUSY_TIMEOUT_MS, connections, auditKeys };
      const store = await openStore(config.databaseUrl, options);
      label = storeLabel(config.storeName, store.identity);
      printer.setStore(label);
      return store;
    } finally {
      measurement?.begin();
    }
  };
  const auditHeads = newAuditHeads();
  const session: Session = {
    auditHeads,
    origin,
    writer,
    storeLabel: async (config) => {
      const options = { mode: 'read', busyTimeoutMs: BUSY_TIMEOUT_MS } as const;
      return (label ??= await readStoreLabel(config.storeName, config.databaseUrl, options));
    },
    withStore: async (config, mode, use, connections = 1) => {
      const store = await open(config, mode, connections);
      try {
        if (mode === 'write' && store.identity.id === null) printer.note('info', withoutId(store));
        const replica = onReplica(store);
        if (replica !== null) printer.note('info', replica);
        if (store.missingIndexes.length > 0) printer.note('info', withoutIndexes(store));
        // A run looks at its memory itself, between batches.
        return await (mode === 'read' ? withLimitedMemory(() => use(store)) : use(store));
      } finally {
        auditHeads.add(await store.close());
      }
    },
    withRunContext: async (config, flags, use) => {
      const common = changeOptions(config);
      const dryRun = flags['dry-run'];
      const kmsServer = dryRun ? null : openKmsServer(config, flags.requestsAtOnce);
      if (kmsServer !== null && config.kmsServer?.isInsecure === true) {
        printer.note('warn', insecure(kmsServer.name));
      }
      const options = {
        ...common,
        kmsServer,
        hsm: config.hsm,
        serverKek: config.serverKek,
        overlap: { asked: flags.overlap ?? null, byDefault: config.overlapSeconds },
        remindAfterSeconds: config.notify.remindAfterSeconds,
        cadenceSeconds: config.cadenceSeconds,
        withCertificates: flags['with-certificates'] ?? config.withCertificates,
        dryRun,
        notifier: dryRun ? NO_NOTIFIER : await session.notifier(config, common.stopRequested),
        diagnostics: printer.diagnostics(),
      };
      const useStore = (store: Store) => inRunContext(store, options, use);
      try {
        const mode = dryRun ? 'read' : 'write';
        return await session.withStore(config, mode, useStore, flags.concurrency);
      } finally {
        await kmsServer?.close();
      }
    },
    withPolicyContext: (config, dryRun, use) => {
      const options = changeOptions(config);
      const useStore = (store: Store) => use(changeContext(store, options));
      return session.withStore(config, dryRun ? 'read' : 'write', useStore);
    },
    withExtendContext: (config, use) => {
      const options = changeOptions(config);
      return session.withStore(config, 'write', async (store) => {
        await store.assertClocksAgree(hostNow);
        return use(changeContext(store, options));
      });
    },
    withDoctorContext: async (config, fix, options, use) => {
      const common = lookingOptions(config);
      const { enqueueEvent } = fix
        ? await session.notifier(config, common.stopRequested)
        : NO_NOTIFIER;
      return session.withStore(config, fix ? 'write' : 'read', async (store) => {
        if (fix) {
          await store.assertClocksAgree(hostNow);
          await assertTablesUpToDate(store);
        }
        const { serverKek, withCertificates } = config;
        const context = {
          ...changeContext(store, common),
          ...{ newUid: randomUUID, newPair: generateKeyPair, serverKek, withCertificates },
        };
        return use({ ...context, enqueueEvent, options, dryRun: !fix });
      });
    },
    notifier: (config, stopRequested = () => Promise.resolve(false)) =>
      createNotifier(config.notify, {
        ...origin,
        ...clocks(),
        store: () => labelSoFar(config),
        stopRequested,
        onHookOutput: (output) => {
          noteHookOutput(printer.diagnostics(), output);
        },
        onUnexpected,
      }),
    delivery: ({ notify }, store, notifier) => {
      const { remindAfterSeconds } = notify;
      return recordedDelivery(store, notifier, { ...origin, remindAfterSeconds });
    },
    heartbeat: async ({ notify }) => {
      if (notify.heartbeat.url === null) return null;
      const { heartbeatOf } = await import('../notify/heartbeat.js');
      return heartbeatOf(notify, { runId, now: clocks().now, onUnexpected });
    },
    beginHeartbeat: async (config) => {
      const heartbeat = await session.heartbeat(config);
      runHeartbeat = heartbeat && beginHeartbeat(heartbeat, printer.diagnostics());
    },
    endHeartbeat: async (exitCode) => {
      if (runHeartbeat === null) return exitCode;
      watched();
      return runHeartbeat.end(exitCode);
    },
    measure: (config, options) => {
      const store = () => labelSoFar(config);
      const log = printer.diagnostics();
      const { cadenceSeconds, storeName } = config;
      const storeIsKnown = () => label !== null || storeName !== null;
      const command = {
        command: commandName(),
        ...origin,
        store,
        storeIsKnown,
        cadenceSeconds,
        log,
      };
      measurement = measureCommand({ ...config.telemetry, ...options, ...command });
      return measurement;
    },
    endMeasurement: async (exitCode) => {
      if (measurement === null) return;
      watched();
      await measurement.end(exitCode);
    },
    close: () => {
      signals?.dispose();
    },
  };
  return session;
}

function insecure(server: string): string {
  return `the connection to the server ${server} is plain HTTP (server.insecure): whoever is in between reads the token`;
}

function withoutIndexes({
  redactedUrl,
  missingIndexes,
}: Pick<Store, 'redactedUrl' | 'missingIndexes'>): string {
  const missing = missingIndexes.join(', ');
  return `${redactedUrl} lacks indexes (${missing}): kms reads every row, which is slow in a large store; kms init adds them`;
}

function withoutId({ redactedUrl, identity }: Pick<Store, 'redactedUrl' | 'identity'>): string {
  return `${redactedUrl}: ${storeWithoutId(identity)}; run kms init, and grant what kms init --print-grants prints, or set store.name`;
}
