#!/usr/bin/env node
// The command `kms`; `npm run build` makes what it starts.
await import('../dist/main.js');
