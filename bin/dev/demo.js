// Shows a rotation from end to end on a store of its own: makes it in a temporary folder, fills it with
// keys of past dates, lists what is due, rotates it and lists again. Every step is a command that an
// operator could type; the first one that fails ends the demo with its exit code.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const DAY_MS = 86_400_000;

const program = fileURLToPath(new URL('../run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kms-demo-'));
const databaseUrl = `sqlite:${join(folder, 'kms.db')}`;
const env = environment();

heading('A store without a server');
kms('init', '--yes');

heading('Keys with a rotation policy, some of them long overdue');
create(
  'invoices',
  100,
  '--keyset',
  '--interval',
  '90d',
  '--tag',
  'env:prod',
  '--tag',
  'team:billing',
);
create('sessions', 35, '--algorithm', 'ChaCha20Poly1305', '--interval', '30d', '--tag', 'env:prod');
create(
  'backups',
  10,
  '--keyset',
  '--interval',
  '1y',
  '--offset',
  '7d',
  '--owner',
  'ops@example.org',
);
create('webhooks', 20, '--algorithm', 'HMACSHA256', '--interval', '8w', '--tag', 'env:test');
create('signing', 400, '--type', 'ec', '--curve', 'P384', '--keyset', '--interval', '1y');
create('archive', 400, '--length', '128', '--name', 'archive 2024');

heading('A chain of certificates');
certificate('root', 400, '--subject', 'CN=Demo Root', '--authority', '--validity', '10y');
certificate(
  'web',
  70,
  ...['--subject', 'CN=www.example.org', '--san', 'DNS:www.example.org', '--issuer', 'root'],
  ...['--validity', '90d', '--interval', '60d', '--keyset'],
);

heading('What is due');
kms('due', 'list');

heading('What a run would do');
kms('rotate', 'due', '--dry-run');

heading('The run');
kms('rotate', 'due');

heading('The generations of one key');
kms('key', 'lineage', 'invoices');

heading('The public key of a pair, for whoever verifies');
kms('key', 'export', '--public', 'signing');

heading('A renewed certificate, and the chain that it stands in');
kms('key', 'show', 'web');
kms('key', 'export', '--public', '--chain', 'web');

heading('What is due now, and what becomes due within 90 days');
kms('due', 'list');
kms('due', 'list', '--within', '90d');

console.log(`
The store lies in ${folder}; remove the folder when you have seen enough. To go on:

  KMS_DATABASE_URL=${databaseUrl} node ${relative(process.cwd(), program)} due list`);

function create(uid, ageDays, ...flags) {
  kms('key', 'create', uid, '--initial-date', dateBefore(ageDays), ...flags);
}

function certificate(uid, ageDays, ...flags) {
  kms('certificate', 'create', uid, '--initial-date', dateBefore(ageDays), ...flags);
}

function dateBefore(days) {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

function heading(text) {
  console.log(`\n# ${text}`);
}

function kms(...words) {
  console.log(`\n$ kms ${words.map(quoted).join(' ')}`);
  const { status, error } = spawnSync(process.execPath, [program, ...words], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  console.error(`the demo stops: exit code ${status ?? error?.message ?? 'none'}, expected 0`);
  process.exit(status ?? 1);
}

/** Settings of the caller's own must not lead the demo to the caller's own store. */
function environment() {
  const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('KMS_'));
  return { ...Object.fromEntries(foreign), XDG_CONFIG_HOME: folder, KMS_DATABASE_URL: databaseUrl };
}

/** A word as a shell would have to be given it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
