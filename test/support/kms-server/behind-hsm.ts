// A store under a key in an HSM with the stand-in that can open it, and runs through it: the settings are in the
// environment as long as both are there. No assertions here.
import RotateDue from '../../../src/commands/rotate/due.js';
import { runCommand, runJson, type RunnableCommand } from '../command.js';
import { rotateOf, type ResultDocument } from '../documents.js';
import { goldenCopy } from '../golden.js';
import { violations } from '../invariants.js';
import { adopt } from '../store.js';
import { linksOf, readStore, type Contents } from '../store-contents.js';
import { startKmsServer, type KmsServer, type KmsServerOptions } from './server.js';

/** 2026-02-20T08:00:00Z */
export const NOW = 1_771_574_400;

/** What is armed, Active, due and can only be rotated by the server, and may be. */
export const DUE = ['ec', 'granted', 'keyset', 'offset', 'plain', 'rsa', 'user-dep-due'] as const;

export interface BehindHsm {
  readonly store: string;
  readonly server: KmsServer;
  /** The store before any run. */
  readonly before: Contents;
  /** Runs what is due. */
  rotate(...argv: readonly string[]): Promise<Rotated>;
  /** The same so many seconds later. */
  rotateLater(seconds: number, ...argv: readonly string[]): Promise<Rotated>;
  run(
    command: RunnableCommand,
    ...argv: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
  now(): Promise<Contents>;
  close(): Promise<void>;
}

interface Rotated {
  readonly exitCode: number;
  readonly document: unknown;
  readonly results: readonly ResultDocument[];
  /** `reason uid` of those that failed. */
  readonly failed: readonly string[];
  readonly rotated: readonly string[];
}

export async function behindHsm(
  options: Partial<KmsServerOptions> & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<BehindHsm> {
  const store = options.store ?? (await adopt(goldenCopy('hsm.sqlite')));
  const server = await startKmsServer({ ...options, store });
  const saved = { ...process.env };
  Object.assign(process.env, { KMS_SERVER_URL: server.url, KMS_SERVER_TIMEOUT: '1s' }, options.env);
  return {
    store,
    server,
    before: await readStore(store),
    rotate: (...argv) => rotateAt(store, NOW, argv),
    rotateLater: (seconds, ...argv) => rotateAt(store, NOW + seconds, argv),
    run: (command, ...argv) => runCommand(command, store, argv, NOW),
    now: () => readStore(store),
    close: async () => {
      process.env = saved;
      await server.close();
    },
  };
}

async function rotateAt(store: string, at: number, argv: readonly string[]): Promise<Rotated> {
  const { exitCode, document } = await runJson(RotateDue, store, argv, at);
  const { results } = rotateOf(document);
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  return {
    exitCode,
    document,
    results,
    failed: failed.map(({ uid, error }) => `${error?.reason ?? ''} ${uid}`).sort(),
    rotated: results
      .filter(({ outcome }) => outcome === 'rotated')
      .map(({ uid }) => uid)
      .sort(),
  };
}

/** Returns what runs have broken; that the key in the HSM is in no row breaks nothing. */
export function broken(before: Contents, now: Contents): readonly string[] {
  return violations(before, now).filter((what) => !what.includes('is wrapped by hsm::'));
}

/** Returns the uids of all that say they replace an object. */
export function replacementsOf({ objects }: Contents, uid: string): readonly string[] {
  return [...objects.values()]
    .filter(({ column }) => linksOf(column, 'ReplacedObjectLink').includes(uid))
    .map(({ row }) => row.id);
}
