// A store without our indexes, such as one that may only be read: the same answers, and a note that says what
// that costs, to whoever wants notes.
import assert from 'node:assert/strict';
import DueList from '../../src/commands/due/list.js';
import KeyLineage from '../../src/commands/key/lineage.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { runCommand, runJson } from '../support/command.js';
import { describeEachDatabase } from '../support/databases.js';
import { dropOurIndexes } from '../support/meddle.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, newStorePath } from '../support/store.js';

const NOW = JANUARY + 40 * DAY;

async function someStore(url: string): Promise<string> {
  const link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'kek-2' }];
  await insertRows(url, [
    aSymmetricKey({ uid: 'due' }),
    aSymmetricKey({ uid: 'later', intervalSeconds: 45 * DAY }),
    aSymmetricKey({ uid: 'undecidable' }, { RotateInterval: '30d' }),
    aSymmetricKey({ uid: 'opted-out' }, { RotateAutomatic: false }),
    aSymmetricKey({ uid: 'set', keyset: true }),
    aSymmetricKey({ uid: 'set@1' }, { RotateName: 'set', RotateGeneration: 1 }),
    aSymmetricKey({ uid: 'kek-1' }, { Link: link }, { state: 'Deactivated' }),
    aSymmetricKey({ uid: 'kek-2' }),
    aSymmetricKey(
      { uid: 'stale-dependant', intervalSeconds: null },
      {},
      { wrappingKeyId: 'kek-1' },
    ),
  ]);
  return url;
}

describeEachDatabase('a store without our indexes', (database) => {
  const answers = async (url: string) => [
    await runJson(DueList, url, [], NOW),
    await runJson(DueList, url, ['--within', '10d'], NOW),
    await runJson(DueList, url, ['--explain'], NOW),
    await runCommand(DueList, url, ['--check'], NOW),
    await runJson(KeyLineage, url, ['set'], NOW),
    withoutRun(await runJson(RotateDue, url, ['--dry-run'], NOW)),
  ];

  it('is listed, and rehearsed, as with them', async () => {
    const url = await someStore(await newStorePath(database));
    const indexed = await answers(url);
    assert.match(JSON.stringify(indexed[0]), /"uid":"due"/);
    assert.match(JSON.stringify(indexed[2]), /"uid":"stale-dependant"/);
    await dropOurIndexes(url);
    assert.deepEqual(await answers(url), indexed);
  });

  it('is noted on standard error with --log-level info, and else ignored in silence', async () => {
    const url = await newStorePath(database);
    const said = async (...argv: string[]) => (await runCommand(DueList, url, argv)).stderr;
    assert.equal(await said('--log-level', 'info'), '');
    await dropOurIndexes(url);
    const note = await said('--log-level', 'info');
    const names = [
      'due',
      'ends',
      'usage',
      'keyset',
      'certificates',
      'mislabelled',
      'foreign_links',
      'stopped',
    ];
    assert.ok(note.startsWith('note: '));
    assert.ok(
      note.includes(`lacks indexes (${names.map((name) => `kms_rotation_${name}`).join(', ')}): `),
    );
    assert.match(note, /reads every row.*kms init adds/);
    assert.equal(note.split('\n').length, 2);
    for (const argv of [[], ['--quiet', '--log-level', 'info'], ['--check'], ['--json']]) {
      assert.equal(await said(...argv), '');
    }
  });
});

/** Each run has an id of its own. */
function withoutRun({ exitCode, document }: { exitCode: number; document: unknown }) {
  return { exitCode, document: { ...(document as object), runId: null } };
}
