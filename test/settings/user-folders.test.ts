// Where a user's folders are, by the variables of the XDG Base Directory Specification.
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { userFolder } from '../../src/settings/user-folders.js';

describe('userFolder', () => {
  const { homedir } = userInfo();

  it('is what the variable names', () => {
    assert.equal(userFolder({ XDG_DATA_HOME: '/data' }, 'XDG_DATA_HOME'), '/data');
    assert.equal(userFolder({ XDG_CONFIG_HOME: '/etc' }, 'XDG_CONFIG_HOME'), '/etc');
  });

  it('is under the home folder if the variable is not set, empty, or relative', () => {
    for (const value of [undefined, '', 'data', './data']) {
      const env = { XDG_DATA_HOME: value, XDG_CONFIG_HOME: value };
      assert.equal(userFolder(env, 'XDG_DATA_HOME'), `${homedir}/.local/share`);
      assert.equal(userFolder(env, 'XDG_CONFIG_HOME'), `${homedir}/.config`);
    }
  });

  it('takes the home folder of the account where HOME is empty', () => {
    const { HOME } = process.env;
    process.env['HOME'] = '';
    try {
      assert.equal(userFolder({}, 'XDG_CONFIG_HOME'), `${homedir}/.config`);
    } finally {
      process.env['HOME'] = HOME;
    }
  });
});
