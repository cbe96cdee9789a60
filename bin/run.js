#!/usr/bin/env node
// The command `kms`; `npm run build` makes what it starts. Four things must be settled before any
// package is loaded.
import { userInfo } from 'node:os';

// Without it oclif asks the system for a user, whom a container may not have.
process.env.SHELL ??= '/bin/sh';
// As container runtimes do for a user whom the system does not know: oclif asks for a home folder.
process.env.HOME ||= homeOfAccount();
// With DEBUG=* knex would write out bound values, and key material is among them.
if (process.env.DEBUG) process.env.DEBUG += ',-knex:*';
// Who runs it can do nothing about what a package's next version will drop.
process.noDeprecation = true;

const { default: program } = await import('../dist/loader.cjs');
await program.main();

function homeOfAccount() {
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}
