// A server that fails, hangs or lies while it is asked to rotate a key: whatever it did, the key is rotated once, or every run
// tells of it; and no request is made twice for one intent.
import assert from 'node:assert/strict';
import RotateKey from '../../src/commands/rotate/key.js';
import Doctor from '../../src/commands/doctor.js';
import { tries } from '../support/effort.js';
import { describeGolden } from '../support/golden.js';
import {
  behindHsm,
  broken,
  DUE,
  replacementsOf,
  type BehindHsm,
} from '../support/kms-server/behind-hsm.js';
import { changeRow } from '../support/meddle.js';
import { rowOf } from '../support/store.js';
import { linksOf } from '../support/store-contents.js';
import { refuses, type Answer, type Fault } from '../support/kms-server/faults.js';

/** Only `plain` has the tag. */
const PLAIN = ['--tag', 'env:prod'] as const;
const HOUR = 3600;

/** What the store has after a run without faults. */
type End =
  /** One replacement, with all that it is to have. */
  | 'rotated'
  /** The first run says so, and the next rotates it. */
  | 'failed, then rotated'
  /** A replacement too many, which only an administrator can judge: every run says so. */
  | 'told in every run';

const json = (value: unknown): Answer => ({
  status: 200,
  contentType: 'application/json',
  body: typeof value === 'string' ? value : JSON.stringify(value),
});

const named = (uid: string): Answer =>
  json({
    tag: 'ReKeyResponse',
    value: [{ tag: 'UniqueIdentifier', type: 'TextString', value: uid }],
  });

const answers = (answer: Answer, carriedOut: boolean): Fault => ({
  kind: 'answer',
  answer,
  carriedOut,
});

const REKEY_FAULTS: readonly (readonly [string, Fault, readonly End[]])[] = [
  ['hangs before it does anything', { kind: 'hang', at: 'received' }, ['failed, then rotated']],
  [
    'hangs between its transactions',
    { kind: 'hang', at: 'first-committed' },
    ['told in every run'],
  ],
  ['hangs when all is done', { kind: 'hang', at: 'done' }, ['rotated', 'failed, then rotated']],
  ['cuts the connection at once', { kind: 'drop', at: 'received' }, ['failed, then rotated']],
  [
    'cuts it between its transactions',
    { kind: 'drop', at: 'first-committed' },
    ['told in every run'],
  ],
  ['cuts it when all is done', { kind: 'drop', at: 'done' }, ['rotated', 'failed, then rotated']],
  ['dies at once', { kind: 'die', at: 'received' }, ['failed, then rotated']],
  ['dies between its transactions', { kind: 'die', at: 'first-committed' }, ['told in every run']],
  ['dies when all is done', { kind: 'die', at: 'done' }, ['failed, then rotated']],
  ['cuts the answer', { kind: 'cut' }, ['rotated', 'failed, then rotated']],
  ['answers twice', { kind: 'answer-twice' }, ['rotated']],
  ['says 500 and did nothing', refuses(500, 'Internal server error'), ['failed, then rotated']],
  [
    'says 500 and did all',
    answers({ ...json(''), status: 500 }, true),
    ['rotated', 'failed, then rotated'],
  ],
  [
    'says 502 and did all',
    answers({ ...json('<html>'), status: 502 }, true),
    ['rotated', 'failed, then rotated'],
  ],
  ['says 401', refuses(401, 'Access denied: ReKey: user x may not'), ['failed, then rotated']],
  ['says 404', refuses(404, 'Route not supported: Operation: ReKey'), ['failed, then rotated']],
  ['says 422', refuses(422, 'Invalid Request: no'), ['failed, then rotated']],
  [
    'says 408 and did all',
    answers({ ...json(''), status: 408 }, true),
    ['rotated', 'failed, then rotated'],
  ],
  [
    'redirects',
    answers({ ...json(''), status: 307, headers: { location: 'http://127.0.0.1:9/' } }, false),
    ['failed, then rotated'],
  ],
  [
    'names another key, and did nothing',
    answers(named('later'), false),
    ['failed, then rotated', 'told in every run'],
  ],
  [
    'names another key, and did all',
    answers(named('later'), true),
    ['rotated', 'failed, then rotated', 'told in every run'],
  ],
  [
    'names what is not there',
    answers(named('nothing'), false),
    ['failed, then rotated', 'told in every run'],
  ],
  [
    'names the key itself',
    answers(named('plain'), false),
    ['failed, then rotated', 'told in every run'],
  ],
  [
    'answers no JSON, and did all',
    answers(json('{not json'), true),
    ['rotated', 'failed, then rotated'],
  ],
  [
    'answers without end, and did all',
    answers(json('x'.repeat(5_000_000)), true),
    ['rotated', 'failed, then rotated'],
  ],
  ['answers nothing, and did all', answers(json(''), true), ['rotated', 'failed, then rotated']],
  [
    'answers another message',
    answers(json({ tag: 'GetAttributesResponse', value: [] }), true),
    ['rotated', 'failed, then rotated'],
  ],
];

const ARM_FAULTS: readonly (readonly [string, Fault])[] = [
  ['dies', { kind: 'die', at: 'received' }],
  ['says 422', refuses(422, 'Invalid Request: no')],
  ['says yes and does nothing', answers(json({ tag: 'SetAttributeResponse', value: [] }), false)],
  ['hangs', { kind: 'hang', at: 'received' }],
  ['dies when it is done', { kind: 'die', at: 'done' }],
  ['cuts the answer', { kind: 'cut' }],
  ['says 500', refuses(500, 'Internal server error')],
];

const isThorough = tries(0, 1) === 1;

/** What a quick run tries: one of each kind. */
const QUICK = [
  'hangs between its transactions',
  'cuts the connection at once',
  'cuts it when all is done',
  'dies between its transactions',
  'answers twice',
  'says 500 and did nothing',
  'says 500 and did all',
  'says 401',
  'names another key, and did all',
  'names the key itself',
  'answers no JSON, and did all',
];

describeGolden('a server that fails', () => {
  let behind: BehindHsm;
  beforeEach(async () => {
    behind = await behindHsm();
  });
  afterEach(() => behind.close());

  /** Has the first request of an operation fail, runs, and runs again an hour and two hours later. */
  const threeRuns = async (operation: string, fault: Fault) => {
    let left = 1;
    behind.server.fault = (request) =>
      request.operation === operation && left-- > 0 ? fault : null;
    const first = await behind.rotate(...PLAIN);
    if (!behind.server.isUp()) await behind.server.restart();
    behind.server.fault = () => null;
    const second = await behind.rotateLater(HOUR, ...PLAIN);
    const third = await behind.rotateLater(2 * HOUR, ...PLAIN);
    return { runs: [first, second, third], now: await behind.now() };
  };

  for (const [what, fault, ends] of REKEY_FAULTS) {
    if (!isThorough && !QUICK.includes(what)) continue;
    it(`${what}: ${ends.join(', or ')}`, async function () {
      this.timeout(20_000);
      const { runs, now } = await threeRuns('ReKey', fault);
      const [first, ...others] = runs.map(({ failed }) => failed.length > 0);
      const end: End =
        broken(behind.before, now).length > 0
          ? 'told in every run'
          : first === true
            ? 'failed, then rotated'
            : 'rotated';
      const text = JSON.stringify({ runs, broken: broken(behind.before, now) }, null, 1);
      assert.ok(ends.includes(end), `${end}: ${text}`);
      if (end === 'told in every run')
        assert.deepEqual([first, ...others], [true, true, true], text);
      else {
        assert.deepEqual(others, [false, false], text);
        assert.equal(replacementsOf(now, 'plain').length, 1);
      }
      const done = behind.server.done.filter((asked) => asked === 'ReKey plain');
      assert.ok(done.length <= 1, `${done.length} were carried out`);
    });
  }

  for (const status of isThorough ? [408, 502, 503, 504] : [504]) {
    it(`does it later than a gateway said ${status}: the next run finds it, and goes on`, async () => {
      behind.server.fault = ({ operation }) =>
        operation === 'ReKey' ? refuses(status, 'Gateway') : null;
      const { failed } = await behind.rotate(...PLAIN);
      assert.equal(failed.length, 1);
      // A second run comes at once, and the server is still at work.
      await behind.rotate(...PLAIN);
      behind.server.fault = () => null;
      await behind.server.carryOut('ReKey', 'plain');
      await behind.rotateLater(HOUR, ...PLAIN);
      const now = await behind.now();
      assert.deepEqual(broken(behind.before, now), []);
      assert.equal(replacementsOf(now, 'plain').length, 1);
    });
  }

  it('names another public key: nothing of that is changed', async () => {
    const answer = json({
      tag: 'ReKeyKeyPairResponse',
      value: [
        { tag: 'PrivateKeyUniqueIdentifier', type: 'TextString', value: 'PRIVATE' },
        { tag: 'PublicKeyUniqueIdentifier', type: 'TextString', value: 'later' },
      ],
    });
    const made = '11111111-2222-4333-8444-555555555555';
    await behind.close();
    behind = await behindHsm({ newUid: () => made });
    await changeRow(behind.store, 'later', { owner: 'carol@example.org' });
    const before = await behind.now();
    const body = answer.body.replace('PRIVATE', made);
    behind.server.fault = ({ operation, uid }) =>
      operation === 'ReKeyKeyPair' && uid === 'ec' ? answers({ ...answer, body }, true) : null;
    await behind.run(RotateKey, 'ec');
    const now = await behind.now();
    assert.deepEqual(now.objects.get('later'), before.objects.get('later'));
    assert.deepEqual(now.tags.get('later'), before.tags.get('later'));
  });

  it('dies between its transactions over a keyset: no run makes a third member', async () => {
    behind.server.fault = ({ uid, operation }) =>
      operation === 'ReKey' && uid === 'keyset' ? { kind: 'drop', at: 'first-committed' } : null;
    const { failed } = await behind.rotate();
    assert.ok(
      failed.some((one) => one.endsWith(' keyset')),
      failed.join(),
    );
    behind.server.fault = () => null;
    for (const hours of [1, 2]) {
      const later = await behind.rotateLater(hours * HOUR);
      assert.ok(
        later.failed.some((one) => one.includes(' keyset')),
        later.failed.join(),
      );
    }
    const { objects } = await behind.now();
    assert.ok(objects.has('keyset@1') && !objects.has('keyset@2'));
  });

  const halves = [
    ['plain', 'completes it'],
    ['plain', 'rolls it back'],
    ['ec', 'completes it'],
    ['keyset', 'completes it'],
  ] as const;
  for (const [uid, what] of isThorough ? halves : halves.slice(0, 2)) {
    it(`dies between its transactions over ${uid}: doctor ${what}, and the next run does the rest`, async () => {
      behind.server.fault = (request) =>
        request.uid === uid && request.operation?.startsWith('ReKey') === true
          ? { kind: 'drop', at: 'first-committed' }
          : null;
      await behind.rotate();
      behind.server.fault = () => null;
      const [made = ''] = replacementsOf(await behind.now(), uid);
      const kept = what === 'completes it' ? made : uid;
      const argv = ['--fix', '--yes', '--min-age', '0s', '--server-stopped', '--keep', kept];
      await behind.run(Doctor, ...argv);
      await behind.server.restart();
      const { failed, rotated } = await behind.rotateLater(HOUR);
      assert.deepEqual([failed, rotated], [['DependantsBehindHsm user-kek'], [uid]]);
      const now = await behind.now();
      assert.equal(replacementsOf(now, uid).length, 1);
      const isRolledBack = (line: string) => what === 'rolls it back' && line.includes(made);
      const wrong = broken(behind.before, now).filter((line) => !isRolledBack(line));
      assert.deepEqual(wrong, []);
    });
  }

  it('dies before the replacement is armed, and a row is damaged: what was begun waits until it is mended', async () => {
    behind.server.fault = ({ operation }) =>
      operation === 'SetAttribute' ? { kind: 'die', at: 'received' } : null;
    await behind.rotate(...PLAIN);
    await behind.server.restart();
    behind.server.fault = () => null;
    const [made = ''] = replacementsOf(await behind.now(), 'plain');
    for (const [hours, uid] of [made, 'plain'].entries()) {
      const { object } = await rowOf(behind.store, uid);
      await changeRow(behind.store, uid, { object: '{' });
      await behind.rotateLater((hours + 1) * HOUR, ...PLAIN);
      await changeRow(behind.store, uid, { object });
    }
    await behind.rotateLater(3 * HOUR, ...PLAIN);
    assert.deepEqual(broken(behind.before, await behind.now()), []);
    assert.deepEqual(behind.server.asked('ReKey'), ['ReKey plain']);
  });

  it('does it twice: the one that the key names is armed, and doctor tells of the other', async () => {
    const { runs, now } = await threeRuns('ReKey', { kind: 'carry-out-twice' });
    assert.deepEqual(runs[0]?.failed, ['ServerRequestOpen plain']);
    const [named = ''] = linksOf(now.objects.get('plain')?.column ?? {}, 'ReplacementObjectLink');
    const { RotateInterval } = now.objects.get(named)?.column ?? {};
    assert.deepEqual([RotateInterval, now.tags.get(named)], [2_592_000, ['_kk', 'env:prod']]);
    const [other = ''] = replacementsOf(now, 'plain').filter((uid) => uid !== named);
    const { stdout } = await behind.run(Doctor);
    assert.ok(stdout.includes(other), stdout);
  });

  it('lies about one key: the others are rotated by the next run', async () => {
    behind.server.fault = ({ operation, uid }) =>
      operation === 'ReKey' && uid === 'plain' ? answers(named('later'), true) : null;
    await behind.rotate();
    behind.server.fault = () => null;
    await behind.rotateLater(HOUR);
    await behind.rotateLater(2 * HOUR);
    const now = await behind.now();
    for (const uid of DUE) assert.equal(replacementsOf(now, uid).length, 1, uid);
  });

  for (const [what, fault] of ARM_FAULTS.slice(0, isThorough ? ARM_FAULTS.length : 3)) {
    it(`${what} as it is asked to arm the replacement: it is armed by the next run, and not made again`, async function () {
      this.timeout(20_000);
      const { now } = await threeRuns('SetAttribute', fault);
      assert.deepEqual(broken(behind.before, now), []);
      assert.deepEqual(behind.server.asked('ReKey'), ['ReKey plain']);
    });
  }
});
