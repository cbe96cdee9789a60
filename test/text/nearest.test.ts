// The name that somebody probably meant.
import assert from 'node:assert/strict';
import { nearest, closeMatch } from '../../src/text/nearest.js';

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

describe('closeMatch', () => {
  const FLAGS = ['tag', 'batch', 'max-keys', 'dry-run', 'database-url'];
  for (const [name, meant] of [
    ['max-kyes', 'max-keys'],
    ['tga', 'tag'],
    ['gat', null],
    ['max-key', 'max-keys'],
    ['dryrun', 'dry-run'],
    ['tags', 'tag'],
    ['datbase-url', 'database-url'],
    ['bogus', null],
    ['x', null],
    ['force', null],
  ] as const) {
    it(`takes ${name} for ${meant ?? 'none of them'}`, () => {
      assert.equal(closeMatch(name, FLAGS), meant);
    });
  }

  it('has no answer where there is nothing to choose from', () => {
    assert.equal(closeMatch('x', []), null);
  });
});
