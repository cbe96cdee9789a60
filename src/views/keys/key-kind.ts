// What a list says a key is, in one word: AES-256, RSA-3072, MLKEM_768.
import { PQC_ALGORITHM_NAMES } from '../../crypto/pqc/pqc-algorithms.js';

interface Kind {
  readonly algorithm: string | null;
  readonly objectType: string | null;
  /** Bits. */
  readonly length: number | null;
}

/** Returns algorithm and length, else the Object Type. The name of a post-quantum algorithm has its size already. */
export function keyKind({ algorithm, objectType, length }: Kind): string | null {
  const kind = algorithm ?? objectType;
  if (kind === null || length === null || PQC_ALGORITHM_NAMES.includes(kind)) return kind;
  return `${kind}-${length}`;
}
