// Finding rows: in pages, by filters, and by our indexes.
import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/kmip/json.js';
import { collect } from '../../../src/survey/survey.js';
import {
  findActiveCertificates,
  findDue,
  findStoppedMembers,
} from '../../../src/store/find/find.js';
import type { FoundRow } from '../../../src/store/find/found-pages.js';
import { insertRows, newStorePath, storeWith, withStore } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY, symmetricKeys } from '../../support/symmetric-keys.js';
import { describeEachDatabase, describeOnSqlite } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { withBare } from '../../support/sql.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { plannedKeys } from '../../../src/survey/planned-keys.js';
import { valuesOf } from '../../support/values-of.js';

const NOW = JANUARY + 40 * DAY;
const ids = (pages: readonly (readonly FoundRow[])[]) => pages.flat().map(({ id }) => id);

describeEachDatabase('findDue', (database) => {
  it('yields every due row once, by earliest deadline, across pages and equal deadlines', async () => {
    const path = await newStorePath(database);
    const days = [0, 1, 2].map((later) => aSymmetricKey({ initialDate: JANUARY + later }));
    const rows = Array.from({ length: 2500 }, (_, index) => ({
      ...days[index % 3]!,
      id: `key-${index}`,
    }));
    await insertRows(path, rows);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findDue(NOW, { tags: [] }))),
    );
    assert.equal(new Set(found).size, 2500);
    assert.equal(found.length, 2500);
    assert.equal(Number(found[0]?.slice(4)) % 3, 0);
    assert.equal(Number(found.at(-1)?.slice(4)) % 3, 2);
    // Without the index each statement reads every row.
    const scans = await statementsOf(
      path,
      async (connection) => {
        assert.deepEqual(ids(await collect(findDue(connection, NOW, { tags: [] }))), found);
      },
      [],
    );
    assert.equal(scans.length, 1);
  });

  it('lets a signal through between two pages', async () => {
    const path = await storeWith(database, symmetricKeys(1001));
    await withStore(path, async (store) => {
      for (const pages of [store.findDue(NOW, { tags: [] }), store.findAll({ tags: [] })]) {
        const through: number[] = [];
        for await (const page of pages) setImmediate(() => through.push(page.length));
        assert.ok(through.length > 0);
      }
    });
  });

  it('begins each page where the one before ended, however many keys have one deadline', async () => {
    // SQLite cannot; it skips them in the index, which costs little.
    if (database.kind === 'sqlite') return;
    const path = await newStorePath(database);
    const rows = symmetricKeys(2500);
    await insertRows(path, rows);
    const pages = await statementsOf(path, async (connection) => {
      await collect(findDue(connection, NOW, { tags: [] }));
    });
    assert.equal(pages.length, 3);
    const [, , last = ''] = pages;
    await withBare(path, async (bare) => {
      if (database.kind === 'postgresql') {
        await bare.query('ANALYZE objects');
        const plan = JSON.stringify(await bare.query(`EXPLAIN ANALYZE ${last}`));
        assert.match(plan, /Index Cond: [^"]*ROW\(/);
        assert.doesNotMatch(plan, /Filter/);
        return;
      }
      await bare.query('FLUSH STATUS');
      assert.equal((await bare.query(last)).length, 500);
      const [read] = await bare.query(`SHOW SESSION STATUS LIKE 'Handler_read_next'`);
      assert.ok(Number((read as { Value: string }).Value) <= 502, JSON.stringify(read));
    });
  });

  it('yields what has been due since before 1970, by a date of that year with an offset', async () => {
    const path = await storeWith(database, [
      aSymmetricKey(
        { uid: 'rotated', intervalSeconds: 1 },
        { RotateDate: [1970, 1, 0, 0, 0, 0, 25, 59, 59] },
      ),
      aSymmetricKey(
        { uid: 'new', offsetSeconds: 0 },
        { InitialDate: [1970, 1, 0, 0, 0, 0, 1, 0, 0] },
      ),
      aSymmetricKey({ uid: 'undecidable' }, { RotateInterval: '30d' }),
    ]);
    for (const firstDeadline of ['offset', 'offset+interval'] as const) {
      const terms = { now: NOW, withinSeconds: 0, firstDeadline };
      const found = await withStore(path, (store) =>
        collect(plannedKeys(store, terms, { tags: [] })),
      );
      assert.deepEqual(valuesOf(found, 'uid'), ['rotated', 'new', 'undecidable']);
      assert.equal(found[0]?.deadlineAt, 1 - (25 * 3600 + 59 * 60 + 59));
    }
  });

  it('skips rows that are not Active, not armed or not yet due', async () => {
    const path = await storeWith(database, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'later', intervalSeconds: 400 * DAY }),
      aSymmetricKey({ uid: 'retired' }, {}, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'opted-out' }, { RotateAutomatic: false }),
      aSymmetricKey({ uid: 'plain', intervalSeconds: null }),
      aSymmetricKey({ uid: 'undecidable' }, { RotateInterval: '30d' }),
    ]);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findDue(NOW, { tags: [] }))),
    );
    assert.deepEqual(found, ['undecidable', 'due']);
  });

  it('filters by owner and by all of several tags', async () => {
    const path = await storeWith(database, [aSymmetricKey({ uid: 'both' })], ['_kk', 'a', 'b']);
    await insertRows(path, [aSymmetricKey({ uid: 'one' })], ['_kk', 'a']);
    await insertRows(path, [aSymmetricKey({ uid: 'bobs', owner: 'bob' })], ['_kk', 'a', 'b']);
    await withStore(path, async (store) => {
      const found = async (filters: { owner?: string; tags: string[] }) =>
        ids(await collect(store.findDue(NOW, filters))).sort();
      assert.deepEqual(await found({ tags: ['a'] }), ['bobs', 'both', 'one']);
      assert.deepEqual(await found({ tags: ['a', 'b'] }), ['bobs', 'both']);
      assert.deepEqual(await found({ owner: 'ops@example.org', tags: ['a', 'b'] }), ['both']);
    });
  });
});

describeEachDatabase('findWithPolicy', (database) => {
  it('yields rows with a policy in any state, and Active rows that cannot be read', async () => {
    const path = await storeWith(database, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'retired' }, { RotateInterval: 0 }, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'no-policy', intervalSeconds: null }),
      aSymmetricKey({ uid: 'unreadable' }, {}, { attributes: '[]' }),
    ]);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findWithPolicy({ tags: [] }))),
    );
    assert.deepEqual(found, ['due', 'retired', 'unreadable']);
  });
});

describeEachDatabase('findAll', (database) => {
  it('yields all objects of an owner by uid, more than it reads at once, and no others', async () => {
    const path = await newStorePath(database);
    const uids = Array.from({ length: 1100 }, (_, index) => `key-${index}`).sort();
    await insertRows(path, [
      ...uids.map((uid) => aSymmetricKey({ uid, owner: 'bob' })),
      aSymmetricKey({ uid: 'key-1-of-another' }),
    ]);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findAll({ owner: 'bob', tags: [] }))),
    );
    assert.deepEqual(found.sort(), uids);
  });
});

describeOnSqlite('findAll', (database) => {
  it('yields all of an owner with more objects than it sorts at once', async () => {
    const path = await storeWith(database, [aSymmetricKey({ uid: 'a', owner: 'bob' })]);
    await withBare(path, (bare) =>
      bare.query(
        `INSERT INTO objects (id, object, attributes, state, owner)
          WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 50500)
          SELECT printf('key-%06d', (i * 7919) % 50501), '{}', '{}', 'Active', 'bob' FROM numbers`,
      ),
    );
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findAll({ owner: 'bob', tags: [] }))),
    );
    assert.deepEqual([found.length, new Set(found).size], [50_501, 50_501]);
    assert.deepEqual(found, [...found].sort());
  });
});

describeEachDatabase('findActiveCertificates', (database) => {
  const CERTIFICATE = { ObjectType: 'Certificate' };

  it('yields Active certificates only, across pages, with the index and without', async () => {
    const path = await newStorePath(database);
    const uids = Array.from({ length: 1100 }, (_, index) => `cert-${index}`);
    await insertRows(path, [
      ...uids.map((uid) => aSymmetricKey({ uid, intervalSeconds: null }, CERTIFICATE)),
      aSymmetricKey({ uid: 'key' }),
      aSymmetricKey({ uid: 'ended' }, CERTIFICATE, { state: 'Deactivated' }),
      ...['{}', '[]', '7', '{"ObjectType":7}', '{"ObjectType":["Certificate"]}'].map(
        (attributes, index) => aSymmetricKey({ uid: `odd-${index}` }, {}, { attributes }),
      ),
    ]);
    await insertRows(path, [aSymmetricKey({ uid: 'mine', owner: 'bob' }, CERTIFICATE)]);
    const search = () =>
      withStore(path, async (store) => {
        const all = ids(await collect(store.findActiveCertificates({ tags: [] })));
        const bobs = await collect(store.findActiveCertificates({ owner: 'bob', tags: [] }));
        return { all: all.sort(), bobs: ids(bobs) };
      });
    const found = await search();
    assert.deepEqual(found, { all: [...uids, 'mine'].sort(), bobs: ['mine'] });
    await dropOurIndexes(path);
    assert.deepEqual(await search(), found);
  });

  it('reads the index of certificates, by uid and without sorting (EXPLAIN)', async () => {
    const path = await newStorePath(database);
    const keys = symmetricKeys(3000);
    const some = Array.from({ length: 30 }, (_, index) =>
      aSymmetricKey({ uid: `cert-${index}` }, CERTIFICATE),
    );
    await insertRows(path, [...keys, ...some], []);
    const [statement = ''] = await statementsOf(path, async (connection) => {
      await collect(findActiveCertificates(connection, { tags: [] }));
    });
    const plan = await planOf(path, statement);
    assert.match(plan, /kms_rotation_certificates/);
    assert.doesNotMatch(plan, /Seq Scan|filesort|B-TREE|[sS]ort:|"type":"(ALL|index)"/);
  });
});

describeEachDatabase('survey', (database) => {
  it('plans no key that a run skips: already replaced, under an HSM if that is left to others', async () => {
    const path = await newStorePath(database);
    const link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'due' }];
    await insertRows(path, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'under-hsm' }, {}, { wrappingKeyId: 'hsm::1::kek' }),
      aSymmetricKey({ uid: 'replaced' }, { Link: link }),
    ]);
    for (const [hsm, uids] of [
      ['leave', ['due']],
      ['fail', ['due', 'under-hsm']],
    ] as const) {
      const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset', hsm } as const;
      const planned = await withStore(path, (store) =>
        collect(plannedKeys(store, terms, { tags: [] })),
      );
      assert.deepEqual(planned.map(({ uid }) => uid).sort(), uids);
    }
  });
});

describeEachDatabase('findStoppedMembers', (database) => {
  it('yields members of keysets that are no longer Active, and were not replaced', async () => {
    const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'new' };
    const of = (uid: string, state: string, members: JsonObject = { RotateName: 'set' }) =>
      aSymmetricKey({ uid }, members, { state });
    const path = await storeWith(database, [
      of('stopped', 'Deactivated'),
      of('compromised', 'Compromised'),
      of('in-use', 'Active'),
      of('gone', 'Destroyed'),
      of('replaced', 'Deactivated', { RotateName: 'set', Link: [link] }),
      of('alone', 'Deactivated', {}),
    ]);
    await withStore(path, async (store) => {
      const found = ids(await collect(store.findStoppedMembers({ tags: [] })));
      assert.deepEqual(found, ['compromised', 'stopped']);
    });
    await dropOurIndexes(path);
    await withStore(path, async (store) => {
      const found = ids(await collect(store.findStoppedMembers({ tags: [] })));
      assert.deepEqual(found, ['compromised', 'stopped']);
    });
  });

  it('reads only the index, however many keys were rotated (EXPLAIN)', async () => {
    const path = await newStorePath(database);
    const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'new' };
    const rotated = aSymmetricKey({}, { RotateName: 'set', Link: [link] });
    await insertRows(
      path,
      Array.from({ length: 3000 }, (_, i) => ({ ...rotated, id: `k${i}`, state: 'Deactivated' })),
    );
    const [statement = ''] = await statementsOf(path, async (connection) => {
      await collect(findStoppedMembers(connection, { tags: [] }));
    });
    const plan = await planOf(path, statement);
    assert.match(plan, /kms_rotation_stopped/);
    assert.doesNotMatch(plan, /Seq Scan|filesort|B-TREE|[sS]ort:|"type":"(ALL|index)"/);
  });
});
