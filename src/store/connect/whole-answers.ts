// Makes an error of an answer that lost rows on its way. The drivers take what came for all there is: pg ignores the
// count of rows behind them, mysql2 only prints that packets are missing.
import type { Socket } from 'node:net';

/** One of these among the transient errors: another try may get all rows. */
const ROWS_MISSING = 'PROTOCOL_ROWS_MISSING';

/** What pg makes of the answer to one statement. */
interface PgResult {
  /** Those that the server says it sent; null for a statement of another kind. */
  readonly rowCount: number | null;
  readonly rows: readonly unknown[];
  /** The columns of the rows; none if the statement returns no rows. */
  readonly fields: readonly unknown[];
}

/** Returns the error of an answer of PostgreSQL with fewer or more rows than its command tag counts; else null. */
export function missingRows(answer: unknown): Error | null {
  const results = (Array.isArray(answer) ? answer : [answer]) as readonly (PgResult | undefined)[];
  const isWhole = results.every(
    (result) =>
      result === undefined ||
      result.rowCount === null ||
      result.fields.length === 0 ||
      result.rows.length === result.rowCount,
  );
  return isWhole ? null : rowsMissing();
}

/** What we use of a packet of MySQL. */
interface Packet {
  readonly sequenceId: number;
  peekByte(): number;
}

/** What we use of mysql2's connections, which are not part of its types. */
export interface PacketReader {
  readonly stream: Socket;
  sequenceId: number;
  readonly _command?: unknown;
  handlePacket(packet?: Packet): void;
}

const ERROR_PACKET = 0xff;

/** Ends the connection at the first packet that does not follow the one before it. */
export function endAtGaps(raw: PacketReader): void {
  const handlePacket = raw.handlePacket.bind(raw);
  let ended = false;
  raw.handlePacket = (packet) => {
    if (ended) return;
    if (packet === undefined || !raw._command || packet.sequenceId === raw.sequenceId) {
      handlePacket(packet);
    } else if (packet.peekByte() === ERROR_PACKET) {
      // A server that ends a session counts from 0 again.
      raw.sequenceId = packet.sequenceId;
      handlePacket(packet);
    } else {
      ended = true;
      raw.stream.destroy(rowsMissing());
    }
  };
}

function rowsMissing(): Error {
  return Object.assign(new Error('rows of an answer are missing'), { code: ROWS_MISSING });
}
