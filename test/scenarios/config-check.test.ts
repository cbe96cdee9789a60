// Of any configuration, `kms config check` says the same as a run: it finds a problem exactly where the run ends with 2, or
// with 6. Which it is follows from the pieces that the configuration is made of. KMS_TEST_EFFORT=full tries 100,000.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { KmsError, REASONS, resultOrError } from '../../src/errors.js';
import { createNotifierFor } from '../../src/notify/notifier.js';
import { configuredDestinations } from '../../src/notify/configured-destinations.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { rotateDue } from '../../src/run.js';
import { loadConfig } from '../../src/settings/config.js';
import { openStore } from '../../src/store/open.js';
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
    username: [NONE, ['"u"', 0], ['""', 6], ['1', 2]],
    password: [NONE, ['"p"', 0], ['""', 6]],
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
    ['"http://user:word@127.0.0.1:1/"', 0],
    [`"http://127.0.0.1:1/"\nurl_file = ${file('url', 'http://a/')}`, 6],
    ['"127.0.0.1:1"', 6],
    [null, 6],
    ['{}', 2],
  ],
  secret: [NONE, [JSON.stringify(SECRET), 0], ['"short"', 6]],
  secret_file: [NONE, [file('secret', `${SECRET}\n`), 0], [file('short', 'x'), 6], ['"/none"', 6]],
  token: [NONE, ['"t"', 0], ['""', 6], ['0', 2]],
  token_file: [NONE, [file('token', 't\n'), 0], [file('empty', ''), 6], ['"/none"', 6], ['[]', 2]],
  format: [NONE, ['"slack"', 0], ['"pagerduty"', 0], ['"irc"', 2]],
  ca_file: CA,
  timeout: TIMEOUT,
};

/** Variables of kms; that of a proxy is looked at for a webhook alone. */
const VARIABLES: Readonly<Record<string, readonly Piece[]>> = {
  KMS_LOG_FORMAT: [NONE, ['', 0], ['json', 0], ['xml', 2]],
  KMS_STORE_CADENCE: [NONE, ['', 0], ['1d', 0], ['1', 2]],
  KMS_NOTIFY_GIVE_UP_AFTER: [NONE, ['', 0], ['2d', 0], ['soon', 2]],
  KMS_NOTIFY_SMTP_NAME: [NONE, ['', 0], ['kms.invalid', 0], ['a b', 6]],
  KMS_HOOKS_ON_WARNING: [NONE, ['', 0], ['/bin/true', 0], ['/none', 6]],
  KMS_NONE: [NONE, ['x', 0]],
};
const PROXIES: Readonly<Record<string, readonly Piece[]>> = {
  http_proxy: [NONE, NONE, ['', 0], ['127.0.0.1:1', 0], ['http://', 6], ['socks5://a', 6]],
  no_proxy: [NONE, NONE, NONE, ['*', 0], ['127.0.0.0/8', 0], ['10.0.0.0/8,,x', 0]],
};
const DATABASES: readonly Piece[] = [
  NONE,
  ['oracle://db/kms', 2],
  ['postgres://kms@127.0.0.1:1/kms?sslmode=verify-full&sslrootcert=/none', 2],
  ['mysql://kms@127.0.0.1:1/kms?ssl-mode=VERIFY_CA&ssl-ca=/none', 2],
  ["'postgres://kms:pw@db/kms", 2],
];

type Values = Readonly<Record<string, string | null>>;

/** What members are together, though each is sound. */
const TOGETHER: Readonly<Record<string, (values: Values) => 0 | 6>> = {
  '[notify.smtp]': ({ username, password }) =>
    (username === null) === (password === null) ? 0 : 6,
  '[[notify.webhooks]]': ({ url, format, ...one }) => {
    const login = one['token'] ?? one['token_file'] ?? null;
    const isTwice = ['token', 'secret'].some(
      (name) => one[name] !== null && one[`${name}_file`] !== null,
    );
    const hasUser = url?.includes('@') === true && login !== null;
    return isTwice || hasUser || (format === '"pagerduty"' && login === null) ? 6 : 0;
  },
};

interface Made {
  readonly values: Values;
  readonly codes: readonly number[];
}

/** Mostly good pieces: else nearly every configuration would be wrong in the same way. */
function pieces(of: Readonly<Record<string, readonly Piece[]>>): fc.Arbitrary<Made> {
  const chosen = Object.entries(of).map(([name, all]) => {
    const good = all.filter(([, code]) => code === 0);
    return fc
      .oneof(
        { weight: 14, arbitrary: fc.constantFrom(...good) },
        { weight: 1, arbitrary: fc.constantFrom(...all) },
      )
      .map(([value, code]) => ({ name, value, code }));
  });
  return fc.tuple(...chosen).map((made) => ({
    values: Object.fromEntries(made.map(({ name, value }) => [name, value])),
    codes: made.map(({ code }) => code),
  }));
}

function table(header: string, members: Readonly<Record<string, readonly Piece[]>>) {
  return pieces(members).map(({ values, codes }) => {
    const set = Object.entries(values).filter(([, value]) => value !== null);
    const lines = [header, ...set.map(([name, value]) => `${name} = ${value}`)];
    return { toml: `${lines.join('\n')}\n`, codes: [...codes, TOGETHER[header]?.(values) ?? 0] };
  });
}

const configurations = fc
  .record({
    tables: fc.tuple(...Object.entries(TABLES).map(([header, members]) => table(header, members))),
    recipients: fc.array(table('[[notify.recipients]]', RECIPIENT), { maxLength: 2 }),
    webhooks: fc.array(table('[[notify.webhooks]]', WEBHOOK), { maxLength: 2 }),
    variables: pieces(VARIABLES),
    proxies: pieces(PROXIES),
    database: pieces({ url: DATABASES }),
  })
  .map(({ tables, recipients, webhooks, variables, proxies, database }) => {
    const named = webhooks.map(({ toml, codes }, at) => ({
      toml: `${toml}name = "w${at}"\n`,
      codes,
    }));
    const all = [...tables, ...recipients, ...named];
    const { http_proxy: proxy, no_proxy: excepted } = proxies.values;
    const isProxied = webhooks.length > 0 && !/^(?:\*|127.*)$/.test(excepted ?? '');
    const byProxy = isProxied ? (proxies.codes[0] ?? 0) : 0;
    const codes = [...all, variables, database].flatMap((one) => one.codes).concat(byProxy);
    return {
      toml: all.map(({ toml }) => toml).join(''),
      env: { ...variables.values, http_proxy: proxy ?? null, no_proxy: excepted ?? null },
      database: database.values['url'] ?? null,
      expected: codes.includes(2) ? 2 : codes.includes(6) ? 6 : 0,
    };
  });

type Configuration = Pick<
  typeof configurations extends fc.Arbitrary<infer One> ? One : never,
  'toml' | 'env' | 'database'
>;

/** Runs on a store where nothing is due; returns the exit code of the run, and whether the check finds a problem. */
async function outcome(store: Store, url: string, { toml, env, database }: Configuration) {
  writeFileSync(join(FOLDER, 'kms.toml'), toml);
  const set = Object.entries(env).flatMap(([name, value]) =>
    value === null ? [] : [[name, value]],
  );
  const variables = Object.fromEntries(set) as Record<string, string>;
  Object.assign(process.env, variables);
  const clocks = { now: () => JANUARY, monotonicMs: () => 0, onHookOutput: () => undefined };
  const configured = () => {
    const flags = { 'database-url': database ?? url };
    const config = loadConfig({ flags, env: { HOME: FOLDER, ...variables }, cwd: FOLDER });
    return { config, found: configuredDestinations(config.notify, clocks) };
  };
  const check = () => {
    const { config, found } = configured();
    return checkConfig(null, config, found.problems, {}).problems.length > 0;
  };
  const run = async () => {
    const { config, found } = configured();
    if (database !== null) await openStore(database, { mode: 'write', busyTimeoutMs: 0 });
    const notifier = createNotifierFor(found, config.notify.giveUpAfterSeconds, {
      ...{ ...clocks, runId: randomUUID(), host: 'h', version: '0', store: () => 'kms' },
      stopRequested: () => Promise.resolve(false),
      onUnexpected: (error) => assert.fail(error),
    });
    const { enqueueEvent } = notifier;
    const deliver = () => notifier.deliver(store);
    return exitCodeOfReport(
      await rotateDue(contextOf(store, JANUARY, { enqueueEvent, deliver }), ALL),
    );
  };
  try {
    const isFound = resultOrError(check);
    // A driver's files are modules of their own here, with an error class of their own.
    const code = await run().catch((error: unknown) => REASONS[(error as KmsError).reason]);
    return { isFound: isFound === true || isFound instanceof KmsError, code };
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  }
}

describe('config check and a run', () => {
  it('agree about any configuration', async () => {
    const url = await newStorePath();
    const seen = new Map<number, number>();
    await withStore(url, (store) =>
      fc.assert(
        fc.asyncProperty(configurations, async ({ expected, ...configuration }) => {
          const { code, isFound } = await outcome(store, url, configuration);
          assert.deepEqual({ code, isFound }, { code: expected, isFound: expected !== 0 });
          seen.set(code, (seen.get(code) ?? 0) + 1);
        }),
        { numRuns: tries(60, 150, 100_000) },
      ),
    );
    assert.deepEqual([...seen.keys()].sort(), [0, 2, 6], 'each outcome was among them');
  }).timeout(tries(120_000, 240_000, 36_000_000));
});
