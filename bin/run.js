#!/usr/bin/env node
// The command `kms`; `npm run build` makes what it starts. Three things must be settled before any
// package is loaded.

// Without it oclif asks the system for a user, whom a container may not have.
process.env.SHELL ??= '/bin/sh';
// With DEBUG=* knex would write out bound values, and key material is among them.
if (process.env.DEBUG) process.env.DEBUG += ',-knex:*';
// Who runs it can do nothing about what a package's next version will drop.
process.noDeprecation = true;

const { default: program } = await import('../dist/loader.cjs');
await program.main();
