// The examples of README.md, the manual and help, run as they are shown: those of a section or page in a home of their
// own, in which everything that they name has been made before.
import assert from 'node:assert/strict';
import { RUN_JS } from '../support/binary.js';
import { homeFor, neverNamedIn, runLine } from '../support/example-homes.js';
import { helpExamples, manualExamples, readmeExamples } from '../support/examples.js';
import { needPrograms } from '../support/programs.js';

/** Lines that cannot be run as they stand, why, and what is run in their place. */
const INSTEAD: Readonly<Record<string, { readonly because: string; readonly run?: string }>> = {
  'npm ci && npm run demo': {
    because: 'npm ci would install the packages again',
    run: `node ${RUN_JS.replace(/run\.js$/, 'dev/demo.js')}`,
  },
  'npm ci && npm test': { because: 'this is a part of it' },
  'npm ci && npm run package': { because: 'npm ci would install the packages again' },
  'npm install -g --allow-scripts=better-sqlite3 ./kms-rotate-*.tgz': {
    because: 'it installs a program for the machine; package.test.ts installs one in a folder',
  },
  'crontab -l | kms schedule cron --merge > my.crontab': {
    because: 'it is somebody’s crontab; schedules.test.ts merges one',
    run: 'echo | kms schedule cron --merge > my.crontab',
  },
  'crontab -l | kms schedule cron --merge > my.crontab && crontab my.crontab': {
    because: 'it is somebody’s crontab',
    run: 'echo | kms schedule cron --merge > my.crontab',
  },
  'kms completion fish | source': {
    because: 'source without a file is fish’s',
    run: 'kms completion fish | grep complete',
  },
  'kms status ack invoices --for 7d --reason "waits for the vendor"': {
    because: 'nothing fails there; status.test.ts has a failure',
    run: 'kms status',
  },
  'kms audit change-key --old-key-file /etc/kms/audit-2025.key': {
    because: 'no key seals the log there; audit-key.test.ts changes one',
    run: 'kms audit verify',
  },
  'kms status show invoices': { because: 'nothing fails there', run: 'kms status' },
  'kms status forget "shard 2/3"': { because: 'no run is missing there', run: 'kms status' },
  'kms status unack invoices': { because: 'nothing fails there', run: 'kms status' },
  'kms init --remove': {
    because: 'it asks on a terminal, as terminal.test.ts shows',
    run: 'kms init --yes && kms init --remove --yes',
  },
  'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 kms rotate due': {
    because: 'it would wait for a collector; telemetry.test.ts has one',
    run: 'kms rotate due',
  },
};

/** Other programs that examples call. */
const PROGRAMS = ['jq', 'openssl', 'sqlite3'] as const;

/** What may be run as it is, by its first word, or as a line of a crontab: nothing that reaches outside a home. */
const HARMLESS = /^(((\S+ ){4}\* )?(KMS_\w+=\S+ )?kms|sqlite3|openssl|echo|eval "\$\(kms) /;

const EXAMPLES = [...readmeExamples(), ...manualExamples(), ...helpExamples()].filter(
  ({ lines }) => lines.length > 0,
);

describe('the examples', () => {
  for (const examples of EXAMPLES) {
    it(`of ${examples.where}`, async function () {
      this.timeout(60_000);
      needPrograms(
        this,
        ...PROGRAMS.filter((name) => examples.lines.some((line) => line.includes(name))),
      );
      const home = await homeFor(examples);
      for (const line of examples.lines) {
        const run = INSTEAD[line] === undefined ? line : INSTEAD[line].run;
        if (run === undefined) continue;
        assert.ok(run !== line || HARMLESS.test(line), `${line} is to be listed above`);
        const { codes, status, shown } = await runLine(home, run);
        assert.equal(codes.length > 0, /(?<![./\w])kms /.test(run), shown);
        for (const code of [...codes, status]) assert.equal(code, 0, shown);
      }
    });
  }

  it('are listed as not to be run only if they are there', () => {
    const lines = EXAMPLES.flatMap((examples) => examples.lines);
    assert.deepEqual(
      Object.keys(INSTEAD).filter((line) => !lines.includes(line)),
      [],
    );
  });

  it('are given only what they name', () => {
    assert.deepEqual(neverNamedIn(EXAMPLES.flatMap(({ lines }) => lines).join('\n')), []);
  });
});
