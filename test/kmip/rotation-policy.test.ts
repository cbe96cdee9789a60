// The rotation policy in a row's attributes: who declines rotation, and which members bear on the
// deadline of who does not. A defect in a member that does not bear on it must not be seen.
import assert from 'node:assert/strict';
import { formatJson, parseJson, type JsonObject, type JsonValue } from '../../src/kmip/json.js';
import { declinesRotation, decodeRotationPolicy } from '../../src/kmip/rotation-policy.js';

const DATE = [2026, 213, 9, 0, 0, 0, 0, 0, 0];
const SECONDS = Date.parse('2026-08-01T09:00:00Z') / 1000;

describe('rotation policy', () => {
  const cases: [title: string, attributes: JsonObject, answer: string | null][] = [
    ['no interval', {}, 'not-armed'],
    ['a null interval', { RotateInterval: null }, 'not-armed'],
    ['interval 0', { RotateInterval: 0 }, 'not-armed'],
    ['a negative interval', { RotateInterval: -1 }, 'not-armed'],
    ['a vastly negative interval', { RotateInterval: -(2n ** 63n) }, 'not-armed'],
    ['RotateAutomatic false', { RotateInterval: 1, RotateAutomatic: false }, 'opted-out'],
    ['RotateAutomatic false, no interval', { RotateAutomatic: false }, 'opted-out'],
    ['RotateAutomatic true', { RotateInterval: 1, RotateAutomatic: true }, null],
    ['RotateAutomatic absent', { RotateInterval: 1 }, null],
    ['RotateAutomatic no boolean', { RotateInterval: 1, RotateAutomatic: 0 }, null],
    ['an interval beyond 2^53', { RotateInterval: 2n ** 60n }, null],
    ['an interval that is a text', { RotateInterval: '0' }, null],
    ['an interval that is a float', { RotateInterval: parseJson('0.0').value }, null],
  ];
  for (const [title, attributes, answer] of cases) {
    it(`${title}: ${answer ?? 'armed, or to be shown as undecidable'}`, () => {
      assert.equal(declinesRotation(attributes), answer);
    });
  }

  it('reads interval, offset and Initial Date of a never-rotated object', () => {
    const policy = decodeRotationPolicy({
      RotateInterval: 86_400,
      RotateOffset: 0,
      InitialDate: DATE,
    });
    assert.deepEqual(policy, {
      intervalSeconds: 86_400,
      rotateDate: null,
      initialDate: SECONDS,
      offsetSeconds: 0,
    });
  });

  it('looks at neither offset nor Initial Date once there is a Rotate Date', () => {
    const policy = decodeRotationPolicy({
      RotateInterval: 86_400,
      RotateDate: DATE,
      RotateOffset: 'soon',
      InitialDate: 'once',
    });
    assert.deepEqual(policy, {
      intervalSeconds: 86_400,
      rotateDate: SECONDS,
      initialDate: null,
      offsetSeconds: null,
    });
  });

  it('ignores defects of members that bear on no deadline', () => {
    const policy = decodeRotationPolicy({ RotateInterval: 1, State: 7, Name: 'x', Link: {} });
    assert.equal(policy.intervalSeconds, 1);
  });

  const malformed: [member: string, value: JsonValue][] = [
    ['RotateInterval', '30d'],
    ['RotateInterval', 2n ** 60n],
    ['RotateInterval', parseJson('86400.0').value],
    ['RotateAutomatic', 'true'],
    ['RotateAutomatic', 1],
    ['RotateDate', '2026-08-01T09:00:00Z'],
    ['InitialDate', [2026, 366, 0, 0, 0, 0, 0, 0, 0]],
    ['RotateOffset', '1d'],
    ['RotateOffset', 0.5],
  ];
  for (const [member, value] of malformed) {
    it(`refuses a ${member} like ${formatJson(value)}`, () => {
      assert.throws(() => decodeRotationPolicy({ RotateInterval: 1, [member]: value }), {
        name: 'MalformedMember',
        path: `attributes.${member}`,
      });
    });
  }
});
