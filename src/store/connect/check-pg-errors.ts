// Checks what PostgreSQL sends before the driver's parser sees it: an error or notice without an end would keep that
// parser at work for ever.

/** Type and length come before each message; the length counts itself. PostgreSQL 18, 54.7 "Message Formats". */
const HEADER_BYTES = 5;

/** More than any server writes into an error. */
const MAX_ERROR_BYTES = 1 << 20;

const ERROR = 'E'.charCodeAt(0);
const NOTICE = 'N'.charCodeAt(0);

/** Returns a check of one stream, which takes its chunks in order. @throws Error for a message that no server sends. */
export function newErrorCheck(): (chunk: Buffer) => void {
  /** An incomplete header, or an incomplete error from its header on. */
  let kept = Buffer.alloc(0);
  /** Bytes of another message that are still to come. */
  let toSkip = 0;
  return (chunk) => {
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    let at = toSkip;
    while (at + HEADER_BYTES <= bytes.length) {
      const type = bytes[at];
      const length = bytes.readUInt32BE(at + 1);
      if (length < HEADER_BYTES - 1) throw new Error('a message shorter than its header');
      const end = at + 1 + length;
      if (type === ERROR || type === NOTICE) {
        if (length > MAX_ERROR_BYTES) throw new Error('an error without an end');
        if (end > bytes.length) break;
        assertEnds(bytes.subarray(at + HEADER_BYTES, end));
      }
      at = end;
    }
    toSkip = Math.max(0, at - bytes.length);
    kept = at < bytes.length ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0);
  };
}

/** Fields, each a type and a text that ends with a zero byte; and a zero byte in place of another type. */
function assertEnds(fields: Buffer): void {
  let at = 0;
  while (fields[at] !== 0) {
    const end = fields.indexOf(0, at + 1);
    if (end === -1) throw new Error('an error without an end');
    at = end + 1;
  }
}
