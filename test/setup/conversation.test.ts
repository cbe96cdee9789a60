// The conversation of `kms init` with stores of every database: what it finds, what it asks, and what then is
// to be done. Answers are given by what is asked.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../../src/errors.js';
import {
  proposePlan,
  planLines,
  type InitContext,
  type ProposedPlan,
} from '../../src/setup/conversation.js';
import { inspectStore } from '../../src/setup/inspect-store.js';
import { withSettings } from '../../src/settings/edit-toml.js';
import type { Questions } from '../../src/output/questions.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { describeEachGolden, describeGolden, goldenCopy, goldenStore } from '../support/golden.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  storeWith,
} from '../support/store.js';
import { runDue } from '../support/run.js';
import { temporaryFolder } from '../support/temporary.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;
const FEBRUARY = JANUARY + 41 * DAY;

/** By a part of the question, a part of the name of the choice, or the text. */
type Answers = readonly (readonly [question: string, answer: string | boolean])[];

/** Somebody who gives these answers in turn, and what was offered else. */
function somebody(answers: Answers) {
  const said: string[] = [];
  const left = [...answers];
  let asked = 0;
  const next = (message: string) => {
    // A question in other words than the answers expect would come again for ever.
    if ((asked += 1) > 50) throw new Error(`asked again and again: ${message}`);
    const [first] = left;
    if (first === undefined || !message.includes(first[0])) return undefined;
    left.shift();
    return first[1];
  };
  const ask: Questions = {
    choose: (message, choices, preset) => {
      said.push(message, ...choices.map(({ name }) => name));
      const answer = next(message);
      const chosen =
        answer === undefined
          ? (choices.find(({ value }) => value === preset) ?? choices[0])
          : choices.find(({ name }) => name.includes(String(answer)));
      if (chosen === undefined) throw new Error(`nothing to choose: ${message}`);
      return Promise.resolve(chosen.value);
    },
    text: (message, { preset, complaint } = {}) => {
      const answer = String(next(message) ?? preset ?? '');
      const complained = complaint?.(answer) ?? null;
      if (complained !== null) throw new Error(complained);
      return Promise.resolve(answer);
    },
    secret: (message) => Promise.resolve(String(next(message) ?? '')),
    agree: (message, preset) => {
      said.push(message);
      return Promise.resolve((next(message) as boolean | undefined) ?? preset);
    },
    say: (lines) => {
      said.push(...lines);
    },
  };
  return { ask, said, left };
}

async function talk(
  url: string,
  answers: Answers = [],
  changes: Partial<InitContext> = {},
): Promise<{ plan: ProposedPlan; said: string }> {
  const known: InitContext = {
    url,
    isNamed: true,
    isNamedByVariable: false,
    firstDeadline: 'offset',
    kek: null,
    hasServer: false,
    configFile: null,
    env: { XDG_CONFIG_HOME: temporaryFolder() },
    cwd: temporaryFolder(),
    stamp: 'STAMP',
    ...changes,
  };
  const { ask, said, left } = somebody(answers);
  const plan = await proposePlan(ask, known, (one) => inspectStore(one, FEBRUARY, OPTIONS));
  assert.deepEqual(left, [], 'questions that were not asked');
  return { plan, said: said.join('\n') };
}

describeOnSqlite('kms init, asking', (database) => {
  it('says how many objects a store has, and how many are armed and due by either rule', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'by-one-rule', offsetSeconds: 40 * DAY }),
      aSymmetricKey({ uid: 'later', intervalSeconds: 300 * DAY }),
      aSymmetricKey({ uid: 'plain', intervalSeconds: null }),
      aSymmetricKey({ uid: 'off' }, { RotateAutomatic: false }),
    ]);
    const { plan, said } = await talk(url);
    assert.match(said, /holds 5 objects; 3 of them/);
    assert.match(said, /as KMIP says; 2 keys are due now/);
    assert.match(said, /5\.25 or later does; 1 keys are due now/);
    assert.match(said, /kms init has prepared it before/);
    assert.equal(plan.copy, null, 'what is ours is there: nothing is touched');
  });

  it('asks for the rule of first deadlines only where a key depends on it, and says how many do', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'without-offset' }),
      aSymmetricKey({ uid: 'off', offsetSeconds: DAY }, { RotateAutomatic: false }),
    ]);
    const before = await talk(url);
    assert.doesNotMatch(before.said, /first_deadline/);
    assert.ok(!before.plan.settings.has('rotation.first_deadline'));
    await insertRows(url, [aSymmetricKey({ uid: 'with-offset', offsetSeconds: DAY })]);
    const { plan, said } = await talk(url);
    assert.match(said, /rotation\.first_deadline; it concerns 1 key\)/);
    assert.equal(plan.settings.get('rotation.first_deadline'), 'offset');
  });

  it('keeps the database, and the rule of its first deadlines', async () => {
    const url = await storeWith(database, [aSymmetricKey({ offsetSeconds: 40 * DAY })]);
    const { plan } = await talk(url, [['Rotate Offset', 'server of 5.25']]);
    assert.match(plan.file ?? '', /kms\.toml$/);
    assert.deepEqual(
      [...plan.settings],
      [
        ['database.url', url],
        ['rotation.first_deadline', 'offset+interval'],
      ],
    );
  });

  it('takes our own rotations for no scheduler’s', async () => {
    const url = await storeWith(database, [aSymmetricKey()]);
    await runDue(url, FEBRUARY);
    const { plan } = await talk(url);
    assert.deepEqual([plan.found.armed, plan.found.rotatedByOthers], [1, 0]);
  });

  it('offers another database where one cannot be used, and takes its password apart', async () => {
    const url = await newStorePath(database);
    const nowhere = 'postgres://kms:hunter2@127.0.0.1:1/kms';
    const { plan, said } = await talk(nowhere, [
      ['Name another', true],
      ['Its URL', url],
    ]);
    assert.match(said, /StoreUnreachable/);
    assert.ok(!said.includes('hunter2'));
    assert.ok(plan.url.endsWith(url.replace(/^sqlite:/, '')));
    await assert.rejects(talk(nowhere, [['Name another', false]]), { reason: 'StoreUnreachable' });
  });

  it('takes no mistaken URL for a path, and says nothing of what is in it', async () => {
    for (const mistaken of ['kms:hunter2@db/kms', 'sqlite:hunter2.db?mode=rwc']) {
      const answers = [
        ['Which database', 'another one'],
        ['Its URL', mistaken],
      ] as const;
      await assert.rejects(talk(await newStorePath(database), answers), (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, /the database URL cannot be used/);
        return !error.message.includes('hunter2');
      });
    }
  });
});

describeEachDatabase('kms init, asking about an empty database', (database) => {
  it('says what it found in an empty database, and would make all', async () => {
    const url = await database.create();
    const { plan, said } = await talk(url);
    assert.match(said, database.kind === 'sqlite' ? /There is no .* yet\./ : /is empty\./);
    assert.match(planLines(plan).join('\n'), /tables.*\nadd the rotation log/);
    assert.equal(plan.copy, null);
  });
});

describeEachGolden('kms init, asking about the store of a server', (database) => {
  it('offers a copy, or the command that makes one', async () => {
    const url = await goldenStore(database, 'store');
    const { plan, said } = await talk(url);
    assert.match(said, /holds 146 objects; 64 of them/);
    if (database.kind === 'sqlite') {
      assert.equal(plan.copy, `${url}.STAMP`);
      assert.equal((await talk(url, [['Copy the store', false]])).plan.copy, null);
    } else {
      assert.match(
        said,
        database.kind === 'postgresql' ? /pg_dump --/ : /(?:mysql|mariadb-)dump --/,
      );
      await assert.rejects(talk(url, [['with or without such a copy', false]]), KmsError);
    }
    assert.match(planLines(plan).at(-1) ?? '', /no key is changed/);
  });
});

describeGolden('kms init, asking about golden stores', () => {
  it('recognises the key encryption key of a server, and asks about it', async () => {
    const url = goldenCopy('kek.sqlite');
    const kek = async (answers: Answers, changes: Partial<InitContext> = {}) =>
      (await talk(url, answers, changes)).plan.settings.get('rotation.key_encryption_key');
    assert.equal(await kek([['Is it one of these', 'server-kek']]), 'server-kek');
    assert.equal(await kek([['Is it one of these', 'the server has none']]), 'none');
    assert.equal(await kek([['Is it one of these', 'do not know']]), undefined);
    assert.equal(await kek([], { kek: 'server-kek' }), undefined, 'it is known already');
  });

  it('notices that a scheduler is at work: keys that are armed again, of which our log knows nothing', async () => {
    const url = goldenCopy('store-rotated.sqlite');
    assert.equal((await talk(url)).plan.found.rotatedByOthers, 0, 'rotated by hand: disarmed');
    const { sql } = await import('../support/sqlite.js');
    sql(
      url,
      `UPDATE objects SET attributes = json_set(attributes, '$.RotateInterval', 2592000)
        WHERE id = 'keyset@1'`,
    );
    const { plan, said } = await talk(url);
    assert.equal(plan.found.rotatedByOthers, 1);
    assert.match(said, /scheduler seems to be active/);
  });
});

describe('kms init, asking where to keep the configuration', () => {
  const store = () => join(temporaryFolder(), 'kms.db');

  it('keeps the database, or nothing', async () => {
    const url = store();
    assert.deepEqual([...(await talk(url)).plan.settings], [['database.url', url]]);
    assert.equal((await talk(url, [['Where should', 'nowhere']])).plan.file, null);
  });

  it('keeps when to warn, and who gets mail', async () => {
    const { plan } = await talk(store(), [
      ['How many days before', '14, 2'],
      ['Which mail server', 'mail.example.org'],
      ['From which address', 'kms@example.org'],
      ['To which address', 'ops@example.org'],
    ]);
    const kept = Object.fromEntries(plan.settings);
    assert.deepEqual(kept['warnings.before_days'], [14, 2]);
    assert.equal(kept['notify.smtp.host'], 'mail.example.org');
    assert.equal(kept['notify.smtp.from'], 'kms@example.org');
    assert.deepEqual(kept['notify.recipients'], [{ address: 'ops@example.org' }]);
    const text = withSettings('', plan.settings);
    assert.match(text, /recipients = \[\{ address = "ops@example\.org" \}\]/);
  });

  it('leaves a database that a variable names to that variable', async () => {
    const { plan } = await talk(store(), [], { isNamedByVariable: true });
    assert.ok(!plan.settings.has('database.url'));
  });

  it('changes a file that is there only if told so', async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'kms.toml');
    writeFileSync(file, '');
    const told = await talk(store(), [['Change these settings', true]], { cwd });
    assert.equal(told.plan.file, file);
    const refused = await talk(
      store(),
      [
        ['Where should', file],
        ['Change these settings', false],
        ['Where should', 'nowhere'],
      ],
      { cwd },
    );
    assert.equal(refused.plan.file, null);
  });
});

describeGolden('a store whose keys lie under a module', () => {
  const URL = 'https://kms.example.org:9998';
  const serverIn = async (answers: Answers, changes: Partial<InitContext> = {}) => {
    const { plan } = await talk(
      goldenCopy('hsm.sqlite'),
      [...answers, ['Where should the settings', 'kms.toml']],
      changes,
    );
    return ['server.url', 'server.token_file'].map((name) => plan.settings.get(name as never));
  };

  it('makes the conversation ask for the server that opens them', async () => {
    const asked = [
      ['objects can be opened by the server alone', URL],
      ['Which file has the token', '/run/token'],
    ] as const;
    assert.deepEqual(await serverIn(asked), [URL, '/run/token']);
    assert.deepEqual(await serverIn([asked[0]]), [URL, undefined]);
    assert.deepEqual(await serverIn([]), [undefined, undefined]);
    const plain = [['opened by the server alone', 'http://kms.example.org']] as const;
    await assert.rejects(serverIn(plain), /https URL/);
  });

  it('asks nothing where a setting names it', async () => {
    assert.deepEqual(await serverIn([], { hasServer: true }), [undefined, undefined]);
    const answered = serverIn([['opened by the server alone', URL]], { hasServer: true });
    await assert.rejects(answered, assert.AssertionError, 'the question did not come');
  });
});
