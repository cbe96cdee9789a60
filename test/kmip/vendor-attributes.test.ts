// Tags in the vendor attribute `tag`: read in their order, written under the vendor that is there, and
// everything else in the list left as it is (storage format §1.6, §3.4).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonValue } from '../../src/kmip/json.js';
import {
  tagsIn,
  withoutWrappingKeyAttribute,
  withTags,
  withWrappingKeyAttribute,
  wrappingKeyAttribute,
} from '../../src/kmip/vendor-attributes.js';
import { anyText } from '../support/any-text.js';

const OTHERS: readonly JsonValue[] = [
  {
    VendorIdentification: 'cosmian',
    AttributeName: 'wrapping_key_id',
    AttributeValue: { _t: 'TextString', _c: 'kek' },
  },
  { VendorIdentification: 'x', AttributeName: 'i', AttributeValue: { _c: -3, _t: 'Integer' } },
];

const tagAttribute = (content: JsonValue, vendor = 'cosmian'): JsonValue => ({
  VendorIdentification: vendor,
  AttributeName: 'tag',
  AttributeValue: { _t: 'TextString', _c: content },
});

describe('vendor attributes', () => {
  it('reads the tags in their order', () => {
    const list = [...OTHERS, tagAttribute('["billing","_kk","Zürich: 1 é"]')];
    assert.deepEqual(tagsIn(list, 'attributes'), ['billing', '_kk', 'Zürich: 1 é']);
  });

  it('finds no tags where there is no such attribute, as on certificates of Certify', () => {
    assert.deepEqual(tagsIn([], 'attributes'), []);
    assert.deepEqual(tagsIn(OTHERS, 'attributes'), []);
    assert.deepEqual(tagsIn(['tag', null, 1], 'attributes'), []);
  });

  it('refuses tags that are no text with a JSON array of texts, without showing them', () => {
    const marker = 'c0ffee-marker';
    for (const content of [marker, `"${marker}"`, `["${marker}",1]`, '{}', 7, null, [marker]]) {
      assert.throws(
        () => tagsIn([tagAttribute(content)], 'attributes'),
        (error: Error) =>
          error.name === 'MalformedMember' &&
          error.message.includes('attributes.Attribute[tag]') &&
          !error.message.includes(marker),
        JSON.stringify(content),
      );
    }
    const bare: JsonValue = { AttributeName: 'tag', AttributeValue: marker };
    assert.throws(() => tagsIn([bare], 'attributes'), { name: 'MalformedMember' });
  });

  it('writes tags last, under the vendor that the list names', () => {
    const list = [OTHERS[0]!, tagAttribute('["_kk"]', 'acme'), OTHERS[1]!];
    assert.deepEqual(withTags(list, ['a', '_kk']), [
      ...OTHERS,
      tagAttribute('["a","_kk"]', 'acme'),
    ]);
  });

  it('takes for tags what has a system tag in it, where another vendor calls something else so', () => {
    const foreign = [tagAttribute('red', 'acme'), tagAttribute('["_kk"]'), tagAttribute(7, 'x')];
    assert.deepEqual(tagsIn(foreign, 'attributes'), ['_kk']);
    assert.deepEqual(withTags(foreign, ['a', '_kk']), [
      foreign[0],
      foreign[2],
      tagAttribute('["a","_kk"]'),
    ]);
  });

  it('leaves one of two of one vendor, which would say different things', () => {
    const twice = [tagAttribute('["_kk"]'), OTHERS[1]!, tagAttribute('["_kk"]')];
    assert.deepEqual(withTags(twice, ['b']), [OTHERS[1], tagAttribute('["b"]')]);
    const members = { Attribute: [...OTHERS, wrappingKeyAttribute('kek')] };
    const renamed = wrappingKeyAttribute('kek-2');
    assert.deepEqual(withWrappingKeyAttribute(members, 'kek-2', 'kept'), {
      Attribute: [renamed, OTHERS[1]],
    });
    assert.deepEqual(withWrappingKeyAttribute(members, 'kek-2', 'last'), {
      Attribute: [OTHERS[1], renamed],
    });
  });

  it('appends the attribute where there is none, under the default vendor', () => {
    assert.deepEqual(withTags(OTHERS, ['_kk']), [...OTHERS, tagAttribute('["_kk"]')]);
  });

  it('names another wrapping key in place or last, and adds no attribute where there is none', () => {
    const renamed = {
      VendorIdentification: 'cosmian',
      AttributeName: 'wrapping_key_id',
      AttributeValue: { _t: 'TextString', _c: 'kek-2' },
    };
    const members = { Attribute: OTHERS, Comment: 'x' };
    const kept = withWrappingKeyAttribute(members, 'kek-2', 'kept');
    assert.deepEqual(kept, { Attribute: [renamed, OTHERS[1]], Comment: 'x' });
    const last = withWrappingKeyAttribute(members, 'kek-2', 'last');
    assert.deepEqual(last, { Attribute: [OTHERS[1], renamed], Comment: 'x' });
    const none = { Attribute: [OTHERS[1]!] };
    assert.deepEqual(withWrappingKeyAttribute(none, 'kek-2', 'last'), none);
    assert.deepEqual(withWrappingKeyAttribute({}, 'kek-2', 'last'), {});
  });

  it('takes the wrapping key out, and the list with it if nothing else is in it', () => {
    assert.deepEqual(withoutWrappingKeyAttribute({ Attribute: OTHERS }), {
      Attribute: [OTHERS[1]],
    });
    const alone = { Attribute: [wrappingKeyAttribute('kek')], Comment: 'x' };
    assert.deepEqual(withoutWrappingKeyAttribute(alone), { Comment: 'x' });
    assert.deepEqual(withoutWrappingKeyAttribute({ Comment: 'x' }), { Comment: 'x' });
  });

  it('reads back whatever tags it wrote', () => {
    fc.assert(
      fc.property(fc.array(anyText()), fc.boolean(), (tags, present) => {
        const list = present ? [tagAttribute('["_kk"]'), ...OTHERS] : OTHERS;
        assert.deepEqual(tagsIn(withTags(list, tags), 'attributes'), tags);
      }),
    );
  });
});
