// A schedule as tests ask for it.
import type { Schedule } from '../../src/schedule/schedule.js';

export function aSchedule(changes: Partial<Schedule> = {}): Schedule {
  return {
    rotation: { cron: '7 * * * *', calendar: '*-*-* *:07:00' },
    warnings: { cron: '23 6 * * *', calendar: '*-*-* 06:23:00' },
    shards: 1,
    kms: '/usr/local/bin/kms',
    path: ['/usr/local/bin', '/usr/bin', '/bin'],
    configFile: null,
    secret: null,
    sqlite: { path: '/var/lib/kms/kms.db', user: 'kms' },
    ...changes,
  };
}
