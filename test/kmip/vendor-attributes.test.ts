// Tags in the vendor attribute `tag`: read in their order, written under the vendor that is there, and
// everything else in the list left as it is (storage format §1.6, §3.4).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonValue } from '../../src/kmip/json.js';
import { tagsIn, withTags } from '../../src/kmip/vendor-attributes.js';

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

describe('kmip/vendor-attributes', () => {
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

  it('writes tags in place, under the vendor that the list names', () => {
    const list = [OTHERS[0]!, tagAttribute('["_kk"]', 'acme'), OTHERS[1]!];
    assert.deepEqual(withTags(list, ['a', '_kk']), [
      OTHERS[0],
      tagAttribute('["a","_kk"]', 'acme'),
      OTHERS[1],
    ]);
  });

  it('appends the attribute where there is none, under the default vendor', () => {
    assert.deepEqual(withTags(OTHERS, ['_kk']), [...OTHERS, tagAttribute('["_kk"]')]);
  });

  it('reads back whatever tags it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.boolean(), (tags, present) => {
        const list = present ? [tagAttribute('["_kk"]'), ...OTHERS] : OTHERS;
        assert.deepEqual(tagsIn(withTags(list, tags), 'attributes'), tags);
      }),
    );
  });
});
