import { DATABASES } from './support/databases.js';
import { fill, TEMPLATE_UID } from './bench/fill.js';
import { aSymmetricKey, JANUARY, newStorePath } from './support/store.js';
import { copyFileSync } from 'node:fs';
const url = await newStorePath(DATABASES[0]!);
await fill(url, aSymmetricKey({ uid: TEMPLATE_UID, initialDate: JANUARY }), { from: 0, to: Number(process.argv[2]), prefix: 'due-' });
copyFileSync(url.replace('sqlite:', ''), process.argv[3]!); process.exit(0);
