// What a server says of itself as a replica: that it is one, and how far it lags behind its primary.

export interface Replica {
  /** Null if that is not known. */
  readonly lagSeconds: number | null;
  /** Why it is not known; null if it is. */
  readonly unknownBecause: string | null;
}

export function lagging(seconds: number): Replica {
  return { lagSeconds: Math.max(0, Math.round(seconds)), unknownBecause: null };
}

export function laggingUnknown(because: string): Replica {
  return { lagSeconds: null, unknownBecause: because };
}
