// Whether a server of MySQL or MariaDB is a replica, and how far it lags. Everybody may ask whether it takes no writes; what
// it replicates, only who has the privilege.
import type { Knex } from 'knex';
import { errorCode } from '../../connect/errors/error-code.js';
import { isPermissionDenied } from '../../connect/errors/driver-errors.js';
import { lagging, laggingUnknown, type Replica } from '../replica.js';

/** One row for each primary, or channel. */
type Status = Readonly<Record<string, string | number | null>>;

/** Those of Group Replication say nothing of a lag. */
const OF_A_GROUP = 'group_replication_';

/** Returns null of a server that takes writes, and of one that replicates from nobody. */
export async function replicaOf(knex: Knex): Promise<Replica | null> {
  const [[state]] = (await knex.raw('SELECT @@GLOBAL.read_only AS value')) as [
    readonly { value: number | string }[],
  ];
  if (state === undefined || ['0', 'OFF'].includes(String(state.value))) return null;
  try {
    const [rows] = (await knex.raw('SHOW REPLICA STATUS')) as [readonly Status[]];
    return lagOf(rows.filter((row) => !String(row['Channel_Name'] ?? '').startsWith(OF_A_GROUP)));
  } catch (error) {
    if (isPermissionDenied(error)) {
      return laggingUnknown(
        'the database user lacks REPLICATION CLIENT (of MariaDB REPLICA MONITOR)',
      );
    }
    if (errorCode(error) === 'ER_PARSE_ERROR')
      return laggingUnknown('the server is too old to say');
    throw error;
  }
}

/** Of several primaries the one that it lags behind most counts. */
function lagOf(rows: readonly Status[]): Replica | null {
  if (rows.length === 0) return null;
  // MariaDB keeps the name that it had.
  const lags = rows.map((row) => row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master']);
  if (lags.some((lag) => lag === null || lag === undefined)) {
    return laggingUnknown('replication has stopped, or its primary cannot be reached');
  }
  return lagging(Math.max(...lags.map(Number)));
}
