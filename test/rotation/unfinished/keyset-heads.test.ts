// Which keysets have several heads: a server that dies leaves each generation Active and the latest.
import assert from 'node:assert/strict';
import { decodeRow } from '../../../src/kmip/managed-object.js';
import { keysetHeadsOf } from '../../../src/rotation/unfinished/keyset-heads.js';
import type { Generation } from '../../../src/rotation/unfinished/unfinished-rotation.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

type Member = readonly [state: string, members?: object];

const link = (LinkType: string, uid: string) => ({
  Link: [{ LinkType, LinkedObjectIdentifier: uid }],
});
const REPLACED = { RotateLatest: false, RotateInterval: 0, ...link('ReplacementObjectLink', 'k1') };
const PLAIN = { RotateLatest: false, RotateInterval: 0 };

const CASES: readonly (readonly [string, readonly Member[], string | null])[] = [
  ['one member', [['Active']], null],
  ['a replaced member below', [['Deactivated', REPLACED], ['Active']], null],
  [
    'a replaced one that was left Active, as servers before their release did',
    [['Active', REPLACED], ['Active']],
    null,
  ],
  ['flags of an old generation', [['Deactivated', { RotateLatest: true }], ['Active']], null],
  ['an imported member without links or flags', [['Active', PLAIN], ['Active']], null],
  [
    'two that claim to be the latest',
    [['Active', { ...PLAIN, RotateLatest: true }], ['Active']],
    'k0→k1; used k0',
  ],
  ['an armed one below', [['Active', { RotateLatest: false }], ['Active']], 'k0→k1; used k0'],
  [
    'one that the next names',
    [
      ['Active', PLAIN],
      ['Active', link('ReplacedObjectLink', 'k0')],
    ],
    'k0→k1; used k0',
  ],
  ['a chain', [['Active'], ['Active'], ['Active']], 'k0→k1 k1→k2; used k1 k0'],
  [
    'a Destroyed one on top, which stays the head to a server',
    [['Active'], ['Destroyed']],
    'k0→k1; used k0',
  ],
  ['a gap of a destroyed one', [['Active'], ['Destroyed'], ['Active']], 'k0→k2; used k0'],
];

describe('keysetHeadsOf', () => {
  for (const [title, members, expected] of CASES) {
    it(`${title}: ${expected ?? 'one head'}`, () => {
      const generations = members.map(([state, attributes], number) => ({
        key: decodeRow(
          aSymmetricKey(
            { uid: `k${number}` },
            { RotateName: 'k0', RotateLatest: true, ...attributes, RotateGeneration: number },
            { state },
          ),
        ),
        publicKey: null,
      }));
      const heads = keysetHeadsOf(generations);
      const uid = ({ key }: Generation) => key.uniqueIdentifier;
      const found =
        heads &&
        `${heads.retired.map((one) => `${uid(one.replaced)}→${uid(one.replacement)}`).join(' ')}; used ${heads.inUse.map(uid).join(' ')}`;
      assert.equal(found, expected);
    });
  }
});
