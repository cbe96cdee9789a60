// The stand-in against what the living server said and wrote: golden/hsm-exchanges.json and hsm-rotated.sqlite.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describeGolden, goldenCopy, goldenPath } from '../golden.js';
import { linksOf, readStore, type Contents, type StoredObject } from '../store-contents.js';
import { adopt } from '../store.js';
import { refuses, type Fault } from './faults.js';
import { startKmsServer, type KmsServer } from './server.js';
import type { Element } from './ttlv.js';

interface Exchange {
  readonly what: string;
  readonly path: string;
  readonly method?: string;
  readonly request?: Element | string;
  readonly status: number;
  readonly contentType?: string | null;
  readonly response: Element | string;
}

/** The stand-in issues no certificate. */
const NOT_HERE = ['re-certify'];

describeGolden('the stand-in for the key server', () => {
  const { exchanges } = JSON.parse(readFileSync(goldenPath('hsm-exchanges.json'), 'utf8')) as {
    exchanges: readonly Exchange[];
  };
  const asked = exchanges.filter(({ what }) => !NOT_HERE.includes(what));
  let store: string;

  before(async function () {
    this.timeout(20_000);
    store = await adopt(goldenCopy('hsm.sqlite'));
  });

  it('answers every request as the living server did', async () => {
    const uids = asked.map(givenUid).filter((uid) => uid !== null);
    const user = { name: 'ops@example.org' };
    const tokens = { ops: 'ops@example.org', eve: 'eve@example.org' };
    const server = await startKmsServer({ store, tokens, newUid: () => uids.shift() ?? 'none' });
    try {
      for (const exchange of asked) {
        user.name = exchange.what.includes('without rights') ? 'eve' : 'ops';
        server.hsmOpen = !exchange.what.includes('HSM cannot be opened');
        const { method = 'POST', path, request, status, response } = exchange;
        const body = typeof request === 'object' ? JSON.stringify(request) : request;
        const answer = await fetch(server.url + path, {
          method,
          headers: { authorization: `Bearer ${user.name}` },
          ...(body === undefined ? {} : { body }),
        });
        const said = await answer.text();
        const json = answer.headers.get('content-type') === 'application/json';
        assert.deepEqual(
          [answer.status, json ? levelled(JSON.parse(said)) : said],
          [status, levelled(response)],
          exchange.what,
        );
        if (exchange.contentType === undefined) continue;
        assert.equal(answer.headers.get('content-type'), exchange.contentType, exchange.what);
      }
    } finally {
      await server.close();
    }
  });

  it('leaves every row as the living server did', async () => {
    const ours = await readStore(store);
    const theirs = await readStore(await adopt(goldenCopy('hsm-rotated.sqlite')));
    const certified = (uid: string) =>
      uid === 'cert' || theirs.objects.get(uid)?.column['CertificateAttributes'] !== undefined;
    for (const uid of theirs.objects.keys()) {
      if (certified(uid)) continue;
      assert.deepEqual(shapeOf(ours, uid), shapeOf(theirs, uid), uid);
    }
    assert.ok(ours.objects.has('keyset@1'));
  });
});

describeGolden('faults of the stand-in', () => {
  let store: string;
  let server: KmsServer;
  beforeEach(async () => {
    store = await adopt(goldenCopy('hsm.sqlite'));
    server = await startKmsServer({ store });
  });
  afterEach(() => server.close());

  const rekey = async () => {
    const value = [{ tag: 'UniqueIdentifier', type: 'TextString', value: 'plain' }];
    const body = JSON.stringify({ tag: 'ReKey', value });
    const answer = await fetch(`${server.url}/kmip/2_1`, { method: 'POST', body });
    return `${answer.status} ${(await answer.text()).slice(0, 16)}`;
  };
  const replacements = async () => {
    const { objects } = await readStore(store);
    const naming = [...objects.values()].filter(({ column }) =>
      linksOf(column, 'ReplacedObjectLink').includes('plain'),
    );
    return [naming.length, objects.get('plain')?.row.state];
  };

  it('refuse, do nothing and go on', async () => {
    server.fault = ({ number }) => (number === 1 ? refuses(500, 'Internal server error') : null);
    assert.equal(await rekey(), '500 Internal server ');
    assert.deepEqual(await replacements(), [0, 'Active']);
    assert.equal(await rekey(), '200 {"tag":"ReKeyRes');
    assert.deepEqual(await replacements(), [1, 'Deactivated']);
  });

  it('end it between its two transactions, until it is started again', async () => {
    server.fault = ({ number }) => (number === 1 ? { kind: 'die', at: 'first-committed' } : null);
    await assert.rejects(rekey());
    assert.deepEqual(await replacements(), [1, 'Active']);
    await assert.rejects(rekey());
    await server.restart();
    assert.equal(await rekey(), '200 {"tag":"ReKeyRes');
    assert.deepEqual(await replacements(), [2, 'Deactivated']);
  });

  it('cut the answer, give it twice and do all of it twice', async () => {
    const faults: Fault[] = [
      { kind: 'cut' },
      { kind: 'answer-twice' },
      { kind: 'carry-out-twice' },
    ];
    server.fault = ({ number }) => faults[number - 1] ?? null;
    await assert.rejects(rekey());
    assert.deepEqual(await replacements(), [1, 'Deactivated']);
    await rekey();
    assert.deepEqual(await replacements(), [2, 'Deactivated']);
    await rekey();
    assert.deepEqual(await replacements(), [4, 'Deactivated']);
  });
});

/** Returns the uid that the living server gave a replacement, where it made one up. */
function givenUid({ request, response }: Exchange): string | null {
  if (typeof request !== 'object' || typeof response !== 'object') return null;
  if (!request.tag.startsWith('ReKey')) return null;
  const [first] = response.value as readonly Element[];
  const uid = String(first?.value);
  return uid.includes('@') ? null : uid;
}

/** Digests are of random keys; dates moved on while the exchanges were recorded. */
function levelled(value: unknown): unknown {
  const digest = /("tag":"DigestValue","type":"ByteString","value":")[0-9A-F]{64}/g;
  const text = JSON.stringify(value).replace(digest, '$1');
  return JSON.parse(text.replace(/2026-02-20T08:00:0[0-9]Z/g, '2026-02-20T08:00:00Z'));
}

/** All of an object, the order of members and links included, with what is random levelled. */
function shapeOf(contents: Contents, uid: string): unknown {
  const object = contents.objects.get(uid);
  assert.ok(object !== undefined, `${uid} is not there`);
  const { row, keyMaterial, keyWrappingData, objectType } = object;
  return {
    row: { state: row.state, owner: row.owner, wrapping: row.wrapping_key_id },
    objectType,
    column: levelledColumn(object),
    members: Object.keys(object.column),
    keyWrappingData,
    // The numbers of an RSA key have leading zeros now and then, which TTLV leaves out.
    bytes: Array.isArray(keyMaterial) ? (keyMaterial.length >> 5) << 5 : null,
    tags: contents.tags.get(uid),
    grants: contents.grants.get(uid) ?? [],
  };
}

function levelledColumn({ column }: StoredObject): unknown {
  return JSON.parse(
    JSON.stringify(column, (name, value: unknown) => {
      if (name === 'DigestValue') return 'DIGEST';
      // The curve's order has 256 bits, and a scalar now and then fewer.
      if (name === 'Qlength') return 'QLENGTH';
      if (name.endsWith('Date') && Array.isArray(value)) return (value as number[]).slice(0, 4);
      return value;
    }),
  );
}
