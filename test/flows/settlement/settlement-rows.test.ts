// The rows of a settled rotation: what takes over the schedule of others, and what is taken back.
import assert from 'node:assert/strict';
import { inheritingRow } from '../../../src/flows/settlement/inheriting-row.js';
import { rolledBackRow, takenFrom } from '../../../src/flows/settlement/rolled-back-row.js';
import { decodeRow } from '../../../src/kmip/managed-object.js';
import { aSymmetricKey, dateOf, DAY, JANUARY } from '../../support/symmetric-keys.js';

const NOW = JANUARY + 10 * DAY;
const NAME = (NameValue: string) => [{ NameValue, NameType: 'UninterpretedTextString' }];
const REPLACED = [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'a' }];
const OTHER = { LinkType: 'DerivedKeyLink', LinkedObjectIdentifier: 'd' };
const key = (members: object, tags: readonly string[] = []) =>
  decodeRow(aSymmetricKey({ tags, intervalSeconds: null }, { ...members }));
const membersOf = ({ attributes }: { attributes: string }) =>
  JSON.parse(attributes) as Record<string, unknown>;

const HEIRS: readonly (readonly [string, object, readonly object[], object])[] = [
  [
    'takes the schedule of the first that is armed',
    { RotateInterval: 0 },
    [{ RotateInterval: 0 }, { RotateInterval: 60, RotateOffset: 5, RotateAutomatic: true }],
    { RotateInterval: 60, RotateOffset: 5, RotateAutomatic: true, RotateLatest: true },
  ],
  [
    'keeps a schedule of its own',
    { RotateInterval: 30 },
    [{ RotateInterval: 60 }],
    { RotateInterval: 30 },
  ],
  ['takes a name that it lacks', {}, [{}, { Name: NAME('n') }], { Name: NAME('n') }],
  [
    'has the names of all, each once',
    { Name: NAME('own') },
    [{ Name: NAME('n') }, { Name: NAME('own') }],
    { Name: [...NAME('own'), ...NAME('n')] },
  ],
  [
    'takes an end that lies ahead, as far off as it was',
    { ActivationDate: dateOf(JANUARY + DAY) },
    [{ ActivationDate: dateOf(JANUARY), DeactivationDate: dateOf(JANUARY + 20 * DAY) }],
    { DeactivationDate: dateOf(JANUARY + 21 * DAY) },
  ],
  [
    'takes no end that has passed',
    { ActivationDate: dateOf(JANUARY + DAY) },
    [{ ActivationDate: dateOf(JANUARY), DeactivationDate: dateOf(JANUARY + 2 * DAY) }],
    { DeactivationDate: undefined },
  ],
];

describe('the rows of a settled rotation', () => {
  for (const [title, own, replaced, expected] of HEIRS) {
    it(`an heir ${title}`, () => {
      const members = membersOf(
        inheritingRow(
          key(own),
          replaced.map((one) => key(one)),
          NOW,
        ),
      );
      const asked = Object.keys(expected).map((name) => [name, members[name]]);
      assert.deepEqual(Object.fromEntries(asked), expected);
    });
  }

  it('an heir has the tags of all', () => {
    const row = inheritingRow(key({}, ['own']), [key({}, ['one']), key({}, ['two', 'own'])], NOW);
    const { tags } = decodeRow(row).attributes;
    assert.deepEqual([...tags].sort(), ['_kk', 'one', 'own', 'two']);
  });

  it('what is taken back is Deactivated in all three places', () => {
    const was = key({
      Name: NAME('n'),
      RotateLatest: true,
      RotateGeneration: 1,
      Link: [...REPLACED, OTHER],
    });
    const row = rolledBackRow(was, NOW);
    const { attributes, keyBlock, state } = decodeRow(row);
    assert.equal(state, 'Deactivated');
    for (const copy of [attributes, keyBlock?.attributes]) {
      const {
        Name,
        State,
        Link,
        DeactivationDate,
        RotateGeneration,
        RotateInterval,
        RotateLatest,
      } = copy?.members ?? {};
      assert.deepEqual(
        { Name, State, Link, DeactivationDate, RotateGeneration, RotateInterval, RotateLatest },
        {
          ...{ Name: undefined, State: 'Deactivated', Link: [OTHER], RotateGeneration: 1 },
          ...{ DeactivationDate: dateOf(NOW), RotateInterval: 0, RotateLatest: false },
        },
      );
    }
  });

  it('leaves the names of both keys of a pair to the log', () => {
    const named = (name: string) => key({ Name: NAME(name) });
    const logged = JSON.parse(takenFrom({ key: named('n'), publicKey: named('m') })) as {
      readonly Name: unknown;
      readonly publicKey: { readonly Name: unknown };
    };
    assert.deepEqual([logged.Name, logged.publicKey.Name], [NAME('n'), NAME('m')]);
  });
});
