// The account of the process. One that the system does not know is tried with the program (test/bin/environment).
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { accountName, homeFolder } from '../../src/files/account.js';

describe('the account of the process', () => {
  const { HOME } = process.env;
  afterEach(() => {
    process.env['HOME'] = HOME;
  });

  it('has the name that the system knows', () => {
    assert.equal(accountName(), userInfo().username);
  });

  for (const [home, folder] of [
    ['/somewhere', '/somewhere'],
    ['', userInfo().homedir],
    ['relative', userInfo().homedir],
  ] as const) {
    it(`lives in ${folder} if HOME is ${JSON.stringify(home)}`, () => {
      process.env['HOME'] = home;
      assert.equal(homeFolder(), folder);
    });
  }
});
