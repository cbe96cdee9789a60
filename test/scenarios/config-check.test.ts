// Of any configuration, `kms config check` says the same as a run: it finds a problem exactly where the run ends with 2, or
// with 6. Which it is follows from the pieces that the configuration is made of. KMS_TEST_EFFORT=full tries 100,000.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { KmsError } from '../../src/errors.js';
import { createNotifierFor } from '../../src/notify/notifier.js';
import { configuredDestinations } from '../../src/notify/configured-destinations.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { rotateDue } from '../../src/run.js';
import { loadConfig } from '../../src/settings/config.js';
import type { Store } from '../../src/store/store.js';
import { checkConfig } from '../../src/views/config-check.js';
import { makeAuthority } from '../support/certificates.js';
import { tries } from '../support/effort.js';
import { ALL, contextOf } from '../support/run.js';
import { newStorePath } from '../support/sqlite.js';
import { JANUARY, withStore } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

const FOLDER = temporaryFolder();

function file(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode });
  return JSON.stringify(path);
}

/** A member with its value, null for none, and what a run with it ends with. */
type Piece = readonly [value: string | null, code: 0 | 2 | 6];

const NONE: Piece = [null, 0];
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const { cert, key } = makeAuthority('one');
const CA: readonly Piece[] = [
  NONE,
  [JSON.stringify(cert), 0],
  [JSON.stringify(key), 6],
  [file('empty.pem', ''), 6],
  [JSON.stringify(FOLDER), 6],
  ['"/none"', 6],
  ['7', 2],
];
const TIMEOUT: readonly Piece[] = [
  NONE,
  ['"60s"', 0],
  ['"61s"', 6],
  ['0', 6],
  ['"x"', 2],
  ['9', 2],
];
const HOOK: readonly Piece[] = [
  NONE,
  ['"/bin/true"', 0],
  ['["sh", "-c", "exit 0"]', 0],
  [file('good.sh', '#!/bin/sh\n', 0o700), 0],
  [file('bad.sh', '#!/none/sh\n', 0o700), 6],
  [file('0600.sh', '#!/bin/sh\n'), 6],
  ['"/bin/true x"', 6],
  ['[]', 6],
  ['1', 2],
];

const TABLES: Readonly<Record<string, Readonly<Record<string, readonly Piece[]>>>> = {
  '[log]': { level: [NONE, ['"warn"', 0], ['"loud"', 2]] },
  '[warnings]': { before_days: [NONE, ['[]', 0], ['[0]', 2], ['"x"', 2]] },
  '[notify.smtp]': {
    host: [
      ['"mail.invalid"', 0],
      ['"mail.invalid:25"', 6],
      ['""', 6],
      ['false', 2],
    ],
    from: [
      ['"a@b.c"', 0],
      ['"A <a@b.c>"', 0],
      ['"nobody"', 6],
      ['[]', 2],
    ],
    port: [NONE, ['587', 0], ['99999', 6], ['0', 6], ['"587"', 2]],
    security: [NONE, ['"tls"', 0], ['"ssl"', 2]],
    ca_file: CA,
    timeout: TIMEOUT,
  },
  '[hooks]': {
    on_rotated: HOOK,
    on_failed: HOOK,
    timeout: TIMEOUT,
    concurrency: [NONE, ['1', 0], ['0', 6], ['1.5', 2]],
    on_fail: [NONE, NONE, ['"/bin/true"', 2]],
  },
};
const RECIPIENT: Readonly<Record<string, readonly Piece[]>> = {
  address: [
    ['"a@b.c"', 0],
    ['"x"', 6],
    [null, 6],
    ['1', 2],
  ],
  owner: [NONE, ['"bob"', 0], ['""', 6]],
  events: [NONE, ['["failed"]', 0], ['["fail"]', 2]],
};
const WEBHOOK: Readonly<Record<string, readonly Piece[]>> = {
  url: [
    ['"http://127.0.0.1:1/"', 0],
    ['"127.0.0.1:1"', 6],
    [null, 6],
    ['{}', 2],
  ],
  secret: [NONE, [JSON.stringify(SECRET), 0], ['"short"', 6]],
  format: [NONE, ['"slack"', 0], ['"irc"', 2]],
  ca_file: CA,
  timeout: TIMEOUT,
};

interface Made {
  readonly toml: string;
  readonly codes: readonly number[];
}

/** Mostly good pieces: else nearly every configuration would be wrong in the same way. */
function table(header: string, members: Readonly<Record<string, readonly Piece[]>>) {
  const pieces = Object.entries(members).map(([name, all]) => {
    const good = all.filter(([, code]) => code === 0);
    const any = fc.constantFrom(...all);
    return fc
      .oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: any })
      .map(([value, code]) => ({ toml: value === null ? '' : `${name} = ${value}\n`, code }));
  });
  return fc.tuple(...pieces).map((made): Made => ({
    toml: `${header}\n${made.map(({ toml }) => toml).join('')}`,
    codes: made.map(({ code }) => code),
  }));
}

const configurations = fc
  .tuple(
    fc.tuple(...Object.entries(TABLES).map(([header, members]) => table(header, members))),
    fc.array(table('[[notify.recipients]]', RECIPIENT), { maxLength: 2 }),
    fc.array(table('[[notify.webhooks]]', WEBHOOK), { maxLength: 2 }),
  )
  .map(([tables, recipients, webhooks]) => {
    const named = webhooks.map(({ toml, codes }, at) => ({
      toml: `${toml}name = "w${at}"\n`,
      codes,
    }));
    const all = [...tables, ...recipients, ...named];
    const codes = all.flatMap((one) => one.codes);
    const expected = codes.includes(2) ? 2 : codes.includes(6) ? 6 : 0;
    return { toml: all.map(({ toml }) => toml).join(''), expected };
  });

/** Runs on a store where nothing is due; returns the exit code of the run, and whether the check finds a problem. */
async function outcome(store: Store, url: string, toml: string) {
  writeFileSync(join(FOLDER, 'kms.toml'), toml);
  try {
    const sources = { flags: { 'database-url': url }, env: { HOME: FOLDER }, cwd: FOLDER };
    const config = loadConfig(sources);
    const clocks = { now: () => JANUARY, monotonicMs: () => 0, onHookOutput: () => undefined };
    const found = configuredDestinations(config.notify, clocks);
    const notifier = createNotifierFor(found, config.notify.giveUpAfterSeconds, {
      ...{ ...clocks, runId: randomUUID(), host: 'h', version: '0', store: () => 'kms' },
      stopRequested: () => Promise.resolve(false),
      onUnexpected: (error) => assert.fail(error),
    });
    const { enqueueEvent } = notifier;
    const deliver = () => notifier.deliver(store);
    const report = await rotateDue(contextOf(store, JANUARY, { enqueueEvent, deliver }), ALL);
    const { problems } = checkConfig(null, config, notifier.problems, {});
    return { code: exitCodeOfReport(report), isFound: problems.length > 0 };
  } catch (error) {
    if (error instanceof KmsError && error.reason === 'InvalidConfiguration') {
      return { code: 2, isFound: true };
    }
    throw error;
  }
}

describe('config check and a run', () => {
  it('agree about any configuration', async () => {
    const url = await newStorePath();
    const seen = new Map<number, number>();
    await withStore(url, (store) =>
      fc.assert(
        fc.asyncProperty(configurations, async ({ toml, expected }) => {
          const { code, isFound } = await outcome(store, url, toml);
          assert.deepEqual({ code, isFound }, { code: expected, isFound: expected !== 0 });
          seen.set(code, (seen.get(code) ?? 0) + 1);
        }),
        { numRuns: tries(100, 1000, 100_000) },
      ),
    );
    assert.deepEqual([...seen.keys()].sort(), [0, 2, 6], 'each outcome was among them');
  }).timeout(tries(120_000, 240_000, 36_000_000));
});
