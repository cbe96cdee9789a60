// The evidence about one object: all that names it, and all that is known of it.
import assert from 'node:assert/strict';
import Doctor from '../../src/commands/doctor.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand, runJson } from '../support/command.js';
import { AFTER_CRASH } from '../support/crash-store.js';
import { describeEachGolden, goldenStore } from '../support/golden.js';
import { schemaErrors } from '../support/schema.js';
import { sql } from '../support/sql.js';
import { adopt } from '../support/store.js';

describeEachGolden('kms doctor UID', (database) => {
  let url = '';
  before(async function () {
    this.timeout(120_000);
    url = await adopt(await goldenStore(database, 'store'));
    await runCommand(RotateKey, url, ['aes256'], AFTER_CRASH);
  });
  const look = async (uid: string, argv: readonly string[] = []) =>
    (await runJson(Doctor, url, [uid, ...argv], AFTER_CRASH)) as {
      exitCode: number;
      document: {
        object: object | null;
        namedBy: { uid: string; link: string }[];
        certificates: string[];
        dependants: string[];
        grants: { user: string }[];
        log: { outcome: string }[];
      };
    };

  it('names dependants, certificates, grants, who links to it and its log, as the schema says', async () => {
    const kek = (await look('kek')).document;
    assert.deepEqual(schemaErrors('doctor-evidence', kek), []);
    assert.ok(kek.dependants.includes('kek-dep-aes') && kek.dependants.includes('kek-nested'));
    assert.deepEqual(
      kek.grants.map(({ user }) => user),
      ['bob@example.org'],
    );
    const service = (await look('service_pk')).document;
    assert.deepEqual(service.certificates, ['cert-of-service']);
    const rotated = (await look('aes256')).document;
    assert.deepEqual(
      rotated.namedBy.map(({ link }) => link),
      ['ReplacedObjectLink'],
    );
    assert.deepEqual(
      rotated.log.map(({ outcome }) => outcome),
      ['rotated'],
    );
  });

  it('shows the traces of one that is not there, and knows nothing of one without a trace', async () => {
    await sql(url, `INSERT INTO tags (id, tag) VALUES ('gone', 'left')`);
    const gone = (await look('gone')).document;
    assert.equal(gone.object, null);
    assert.deepEqual(schemaErrors('doctor-evidence', gone), []);
    assert.equal((await look('no-such')).exitCode, 4);
    assert.equal((await look('kek', ['--fix', '--yes'])).exitCode, 2);
  });

  it('is readable without --json', async () => {
    const { stdout } = await runCommand(Doctor, url, ['kek'], AFTER_CRASH);
    assert.match(
      stdout,
      /SymmetricKey, Active[^]*wraps:\n {4}kek-dep-aad[^]*grants:\n {4}bob@example.org/,
    );
  });
});
