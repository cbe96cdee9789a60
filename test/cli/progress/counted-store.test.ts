// Searches through every object tell how far they are.
import assert from 'node:assert/strict';
import { countedStore } from '../../../src/cli/progress/counted-store.js';
import { NO_PROGRESS } from '../../../src/output/progress.js';
import { describeEachDatabase } from '../../support/databases.js';
import { storeWith, withStore } from '../../support/store.js';
import { symmetricKeys } from '../../support/symmetric-keys.js';
import { sql } from '../../support/sql.js';

const OBJECTS = 300;

describeEachDatabase('a search through every object', (database) => {
  let url = '';
  before(async () => {
    url = await storeWith(database, symmetricKeys(OBJECTS));
    // What a server does by itself, after a while.
    if (database.kind === 'postgresql') await sql(url, 'ANALYZE objects');
    if (database.kind === 'mysql') await sql(url, 'ANALYZE TABLE objects');
  });

  async function told(filters: { readonly owner?: string } | null): Promise<readonly string[]> {
    const lines: string[] = [];
    let ms = 0;
    const progress = {
      ...NO_PROGRESS,
      update: (done: number, of: number, left: string | null = null) =>
        void lines.push(`${done} of ${of}, ${left ?? '?'}`),
      detail: (text: string) => void lines.push(text),
    };
    await withStore(
      url,
      async (store) => {
        const watched = countedStore(store, progress, () => (ms += 3000));
        const pages =
          filters === null ? watched.findRows() : watched.findAll({ ...filters, tags: [] });
        for await (const page of pages) assert.ok(page.length > 0);
      },
      'read',
    );
    return lines;
  }

  it('tells how many there are about, and how long the others will take', async () => {
    const [first = '', second] = await told(null);
    const [, done = '', of = ''] = /^(\d+) of (\d+), about \d+ s$/.exec(first) ?? [];
    assert.equal(Number(done), 256);
    // The numbers of servers are estimates.
    assert.ok(Number(of) >= 256 && Number(of) <= 2 * OBJECTS, first);
    assert.match(second ?? '', /^300 of \d+, about \d+ s$/);
  });

  it('tells only how many it has read where a filter leaves objects out', async () => {
    assert.deepEqual(await told({ owner: 'ops@example.org' }), ['300 objects read so far']);
  });
});
