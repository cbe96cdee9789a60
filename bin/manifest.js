// Finishes a build: writes oclif.manifest.json, without which every start would load every command, and
// puts the JSON schemas beside the compiled files.
import { cpSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
writeFileSync(new URL('../oclif.manifest.json', import.meta.url), JSON.stringify(plugin.manifest));
cpSync(new URL('../src/schemas', import.meta.url), new URL('../dist/schemas', import.meta.url), {
  recursive: true,
});
