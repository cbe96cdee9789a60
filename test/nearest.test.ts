// The name that somebody probably meant.
import assert from 'node:assert/strict';
import { nearest } from '../src/nearest.js';

const NAMES = ['database.url', 'rotation.first_deadline', 'notify.smtp'];

describe('nearest', () => {
  for (const [name, meant] of [
    ['database.uri', 'database.url'],
    ['databse.url', 'database.url'],
    ['rotation.first', 'rotation.first_deadline'],
    ['smtp', 'notify.smtp'],
    ['notify.smtp', 'notify.smtp'],
  ] as const) {
    it(`takes ${name} for ${meant}`, () => {
      assert.equal(nearest(name, NAMES), meant);
    });
  }

  it('takes the first of several that are equally near', () => {
    assert.equal(nearest('ac', ['ab', 'ad']), 'ab');
  });

  it('has no answer where there is nothing to choose from', () => {
    assert.equal(nearest('x', []), '');
  });
});
