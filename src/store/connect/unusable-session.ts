// Sessions that a server has made useless in mid-run: a node that has lost its cluster, a primary that was demoted. They are
// given up, so that the next attempt is made at another host, and no transaction stays open in them.
import { errorCode } from './errors/error-code.js';
import { READ_ONLY_SERVER } from './errors/error-meanings.js';
import type { RawConnection } from './raw-connection.js';
import { takesWrites, unsuitable } from './session-kinds.js';
import type { SessionAttributes } from './url/server-url.js';

/** What a node of a cluster answers to all but SHOW and SET while it is not ready, to COMMIT and ROLLBACK too. */
const NODE_NOT_READY = 'ER_UNKNOWN_COM_ERROR';

/** Returns the error of an answer, as it is or as what it means for a session of this kind. */
export function givenUpAfter(
  error: unknown,
  raw: RawConnection,
  wanted: SessionAttributes,
): unknown {
  const code = errorCode(error) ?? '';
  if (code === NODE_NOT_READY) {
    raw.__knex__disposed = code;
  } else if (READ_ONLY_SERVER.test(code) && takesWrites(wanted)) {
    raw.__knex__disposed = code;
    return unsuitable();
  }
  return error;
}
