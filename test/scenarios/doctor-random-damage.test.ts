// Random damage to single rows of a server's store: doctor never ends with a bug, writes only what it says it repaired, keeps
// every material, and has nothing more to write the second time.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AFTER_CRASH } from '../support/crash-store.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { doctor } from '../support/doctor.js';
import { tries } from '../support/effort.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { setAttributes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { adopt, rowsOf, type StoredRow } from '../support/store.js';

const LINKS = [
  'ReplacedObjectLink',
  'ReplacementObjectLink',
  'PublicKeyLink',
  'PrivateKeyLink',
  'CertificateLink',
];
const STATES = ['PreActive', 'Active', 'Deactivated', 'Compromised', 'Destroyed', 'odd'];
const DATE = [2026, 20, 8, 0, 0, 0, 0, 0, 0];

const damages = fc.record({
  at: fc.nat(),
  to: fc.nat(),
  what: fc.constantFrom(
    'state',
    'link',
    'links',
    'member',
    'wrapping',
    'owner',
    'text',
    'gone',
    'rights',
  ),
  link: fc.constantFrom(...LINKS),
  state: fc.constantFrom(...STATES),
  member: fc.constantFrom(
    { RotateInterval: 0 },
    { RotateInterval: 5 },
    { RotateInterval: 'x' },
    { RotateGeneration: 0 },
    { RotateGeneration: 1 },
    { RotateName: 'keyset' },
    { RotateLatest: true },
    { RotateAutomatic: false },
    { DeactivationDate: DATE },
    { RotateDate: DATE },
    { Link: undefined },
    { Name: undefined },
    { State: 'Active' },
  ),
});

type Damage = typeof damages extends fc.Arbitrary<infer T> ? T : never;

async function damage(url: string, uids: readonly string[], one: Damage): Promise<void> {
  const [uid, other] = [one.at, one.to].map((place) => uids[place % uids.length] ?? '');
  const of = uid ?? '';
  const [row] = await sql<StoredRow>(url, 'SELECT * FROM objects WHERE id = ?', of);
  if (row === undefined) return;
  const link = { LinkType: one.link, LinkedObjectIdentifier: other };
  const set = (column: string, value: unknown) =>
    sql(url, `UPDATE objects SET ${column} = ? WHERE id = ?`, value, of);
  const kinds: Readonly<Record<Damage['what'], () => Promise<unknown>>> = {
    state: () => set('state', one.state),
    link: () => setAttributes(url, of, { Link: [link] }),
    links: async () => {
      await setAttributes(url, of, { Link: [...linksOf(row), link] });
    },
    member: () => setAttributes(url, of, one.member),
    wrapping: () => set('wrapping_key_id', other),
    owner: () => set('owner', 'mallory'),
    text: () => set('attributes', '{"Link": 3}'),
    gone: () => sql(url, 'DELETE FROM objects WHERE id = ?', of),
    rights: () =>
      sql(
        url,
        `INSERT INTO read_access (id, userid, permissions) VALUES (?, 'eve', '["get"]')`,
        `${of}@1`,
      ),
  };
  await kinds[one.what]();
}

/** The links of a row; none where an earlier damage left nothing to read. */
function linksOf({ attributes }: StoredRow): readonly object[] {
  try {
    const { Link } = JSON.parse(attributes) as { Link?: unknown };
    return Array.isArray(Link) ? (Link as object[]) : [];
  } catch {
    return [];
  }
}

/** What must outlast every repair: the object without the attributes that are embedded in it. */
function materialOf({ object, wrapping_key_id: under }: StoredRow): string {
  const without = (key: string, value: unknown) => (key === 'Attributes' ? undefined : value);
  return `${under ?? ''} ${JSON.stringify(JSON.parse(object), without)}`;
}

function assertNothingLost(
  before: readonly StoredRow[],
  after: readonly StoredRow[],
  settled: ReadonlySet<string | null>,
): void {
  const rows = new Map(after.map((row) => [row.id, row]));
  for (const row of before) {
    const now = rows.get(row.id);
    assert.ok(now, `${row.id} is gone`);
    if (row.state === 'Destroyed' || row.state === 'odd') assert.deepEqual(now, row);
    assert.equal(now.owner, row.owner);
    if (now.wrapping_key_id === row.wrapping_key_id && !now.object.includes('KeyWrappingData')) {
      assert.equal(materialOf(now), materialOf(row), row.id);
    }
    const mayEnd = settled.has(row.id.replace(/_pk$/, ''));
    if (row.state === 'Active' && !mayEnd) assert.equal(now.state, 'Active', row.id);
  }
}

/** What our log says that doctor completed or took back. */
async function settledIn(url: string): Promise<ReadonlySet<string | null>> {
  const entries = await sql<{ uid: string; replacement_uid: string | null }>(
    url,
    `SELECT uid, replacement_uid FROM kms_rotation_log WHERE outcome IN ('completed', 'rolled-back')`,
  );
  return new Set(entries.flatMap(({ uid, replacement_uid: by }) => [uid, by]));
}

describeGolden('doctor on damaged rows', () => {
  for (const file of ['store.sqlite', 'store-rotated.sqlite', 'kek.sqlite', 'crash.sqlite']) {
    it(`writes nothing that it does not prove, and never crashes: ${file}`, async function () {
      this.timeout(600_000);
      const runs = fc.asyncProperty(
        fc.array(damages, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (list, rotated) => {
          const url = await adopt(goldenCopy(file));
          const uids = (await rowsOf(url)).map(({ id }) => id);
          if (rotated) {
            for (const uid of ['keyset', 'aes', 'rsa', 'kek', 'user-kek', 'cert']) {
              await runCommand(RotateKey, url, [uid], AFTER_CRASH);
            }
          }
          for (const one of list) await damage(url, uids, one);
          const before = await rowsOf(url);
          const { exitCode, summary, findings } = await doctor(url, ['--fix', '--yes']);
          assert.ok([0, 4].includes(exitCode), JSON.stringify(findings));
          const after = await rowsOf(url);
          assertNothingLost(before, after, await settledIn(url));
          if (summary['repaired'] === 0) assert.deepEqual(after, before);
          const again = await doctor(url, ['--fix', '--yes']);
          assert.equal(again.summary['repaired'], 0, JSON.stringify(again.findings));
          assert.deepEqual(await rowsOf(url), after);
        },
      );
      await fc.assert(runs, { numRuns: tries(2, 6, 2000) });
    });
  }
});
