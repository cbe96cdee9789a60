// How long a policy lets a key be in use.
import assert from 'node:assert/strict';
import type { ManagedObject } from '../../src/kmip/managed-object.js';
import { overMaximum, usePeriodsOf } from '../../src/rotation/use-periods.js';

const YEAR = 365 * 86_400;

const object = (attributes: object) =>
  ({
    attributes: { rotateInterval: YEAR, rotateDate: null, initialDate: 0, ...attributes },
  }) as unknown as ManagedObject;

const deadline = (at: number | null) => ({ at, rule: 'initial-date+interval' }) as const;

describe('the time that a policy lets a key be in use', () => {
  it('is its interval, and before the first rotation what is left until that', () => {
    assert.deepEqual(usePeriodsOf(object({}), deadline(3 * YEAR), null), {
      intervalSeconds: YEAR,
      firstSeconds: 3 * YEAR,
    });
    assert.deepEqual(usePeriodsOf(object({ rotateDate: YEAR }), deadline(2 * YEAR), null), {
      intervalSeconds: YEAR,
      firstSeconds: null,
    });
  });

  it('is for a certificate never longer than its validity', () => {
    const validity = { notBefore: 10, notAfter: 110 };
    const periods = usePeriodsOf(object({ rotateDate: 5 }), deadline(90), validity);
    assert.deepEqual(periods, { intervalSeconds: 100, firstSeconds: null });
  });

  it('is unknown without a deadline, and without a first one if the key is due at once', () => {
    assert.equal(usePeriodsOf(object({}), null, null), null);
    assert.equal(usePeriodsOf(object({ rotateInterval: null }), deadline(1), null), null);
    assert.equal(usePeriodsOf(object({}), deadline(null), null)?.firstSeconds, null);
  });

  it('is told with the most allowed if it is longer', () => {
    const most = 2 * YEAR;
    assert.equal(overMaximum({ intervalSeconds: most, firstSeconds: most }, most), null);
    assert.equal(overMaximum({ intervalSeconds: 9 * YEAR, firstSeconds: null }, null), null);
    assert.match(
      overMaximum({ intervalSeconds: 3 * YEAR, firstSeconds: null }, most) ?? '',
      /every 1095d, more than the 730d allowed/,
    );
    assert.match(
      overMaximum({ intervalSeconds: 1, firstSeconds: 3 * YEAR }, most) ?? '',
      /first rotated 1095d after its Initial Date, more than the 730d allowed/,
    );
  });
});
