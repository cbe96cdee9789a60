// Servers of MySQL and MariaDB that leave rows out by themselves; test/store/prepare/fitness.test.ts has unfit tables.
import assert from 'node:assert/strict';
import { skippingReasons } from '../../../../src/store/dialects/mysql/mysql-fitness.js';

describe('a server that recovers what is damaged', () => {
  it('is not read from, as InnoDB skips what it cannot read', () => {
    const variables = (recovery: string, load: string) => [
      { name: 'innodb_force_recovery', value: recovery },
      { name: 'innodb_force_load_corrupted', value: load },
      { name: 'innodb_read_only', value: 'ON' },
    ];
    assert.deepEqual(skippingReasons(variables('0', 'OFF')), []);
    const [forced, ...others] = skippingReasons(variables('1', 'OFF'));
    assert.match(forced?.what ?? '', /innodb_force_recovery = 1/);
    assert.deepEqual(others, []);
    assert.equal(skippingReasons(variables('0', 'ON')).length, 1);
  });
});
