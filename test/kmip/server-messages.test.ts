// What a server is asked, and what is taken of its answers: by exchanges with a real one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { JsonValue } from '../../src/kmip/json.js';
import {
  getAttributesMessage,
  identityIn,
  isAttributeSet,
  madeUidsIn,
  mayBeSame,
  rekeyMessage,
  setAttributeMessage,
} from '../../src/kmip/server-messages.js';
import { describeGolden, goldenPath } from '../support/golden.js';

interface Exchange {
  readonly what: string;
  readonly request: unknown;
  readonly response: JsonValue;
}

function exchange(what: string): Exchange {
  const { exchanges } = JSON.parse(readFileSync(goldenPath('hsm-exchanges.json'), 'utf8')) as {
    exchanges: readonly Exchange[];
  };
  return exchanges.find((one) => one.what === what) ?? assert.fail(what);
}

const OF_PLAIN = '384613d5-46c2-4a4e-b592-f9354aea19fe';
const OF_OFFSET = '38ec42a9-d88c-4fbd-a8a3-2bc8c4985aa9';

describeGolden('a message to a server', () => {
  it('is what a real one was asked, word for word', () => {
    const cases = [
      ['re-key of plain', rekeyMessage('ReKey', 'plain')],
      ['re-key of an RSA pair', rekeyMessage('ReKeyKeyPair', 'rsa')],
      ['attributes of plain before', getAttributesMessage('plain')],
      [
        're-arm the replacement: interval',
        setAttributeMessage(OF_PLAIN, { name: 'RotateInterval', seconds: 2_592_000 }),
      ],
      ['re-arm: offset', setAttributeMessage(OF_OFFSET, { name: 'RotateOffset', seconds: 86_400 })],
      [
        're-arm: automatic',
        setAttributeMessage(OF_OFFSET, { name: 'RotateAutomatic', value: true }),
      ],
    ] as const;
    for (const [what, message] of cases) {
      assert.equal(JSON.stringify(message), JSON.stringify(exchange(what).request), what);
    }
  });

  it('has 64 bits for what 32 do not hold', () => {
    const valueOf = (seconds: number) =>
      JSON.stringify(setAttributeMessage('k', { name: 'RotateOffset', seconds }));
    assert.match(valueOf(2 ** 31), /"LongInteger","value":"0x0000000080000000"/);
    assert.match(valueOf(-(2 ** 31) - 1), /"LongInteger","value":"0xFFFFFFFF7FFFFFFF"/);
    assert.match(valueOf(-(2 ** 31)), /"Integer","value":-2147483648/);
  });
});

describeGolden('an answer of a server', () => {
  it('names what was made', () => {
    const made = (operation: 'ReKey' | 'ReKeyKeyPair', what: string) =>
      madeUidsIn(operation, exchange(what).response);
    assert.deepEqual(made('ReKey', 're-key of plain'), { uid: OF_PLAIN, publicUid: null });
    assert.deepEqual(made('ReKeyKeyPair', 're-key of an RSA pair'), {
      uid: '8d78b84b-6cc7-45d0-9e10-9317ef08cdd9',
      publicUid: '8d78b84b-6cc7-45d0-9e10-9317ef08cdd9_pk',
    });
  });

  it('is none if it has another form', () => {
    const others: JsonValue[] = [null, 'x', [], {}, { tag: 'ReKeyResponse' }];
    for (const other of [...others, { tag: 'ReKeyResponse', value: [null] }]) {
      assert.equal(madeUidsIn('ReKey', other), null);
      assert.equal(identityIn(other), null);
      assert.equal(isAttributeSet('k', other), false);
    }
    assert.equal(madeUidsIn('ReKeyKeyPair', exchange('re-key of plain').response), null);
  });

  it('says whether an attribute was set, and of which object', () => {
    const { response } = exchange('re-arm: offset');
    assert.equal(isAttributeSet(OF_OFFSET, response), true);
    assert.equal(isAttributeSet('another', response), false);
  });

  it('tells an object from one of the same uid in another store', () => {
    const before = identityIn(exchange('attributes of plain before').response);
    const after = identityIn(exchange('attributes of plain after').response);
    const other = identityIn(exchange('attributes of its replacement').response);
    assert.ok(before !== null && after !== null && other !== null);
    assert.equal(mayBeSame(before, after), true);
    assert.equal(mayBeSame(before, other), false);
    assert.equal(mayBeSame({ ...before, digest: null }, after), true);
  });
});
