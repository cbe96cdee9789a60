// What all events have in common: each is a JSON document, `kms.event/v1`, in the structured mode of CloudEvents 1.0.
// The files beside this one make them from results alone; notify/ decides who receives them, and how.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { ObjectSummary } from './object-summary.js';
import type { RotationResult } from './rotation-result.js';

/** Where and when it happened. The id is random and never changes. */
export interface Origin extends RunData {
  readonly id: string;
  readonly now: EpochSeconds;
}

export interface RunData {
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  /** The label of the store. */
  readonly store: string;
}

export interface ObjectData extends RunData, ObjectSummary {
  readonly uid: string;
}

export interface EventOf<Kind extends string, Data> {
  readonly specversion: '1.0';
  readonly id: string;
  /** A URI-reference that names the store. */
  readonly source: string;
  readonly type: `kms.${Kind}`;
  /** The uid of the object that it is about; of a condition about none, what that is about. */
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly schema: 'kms.event/v1';
  readonly data: Data;
}

export function aboutObject<Kind extends string, Data extends object>(
  kind: Kind,
  origin: Origin,
  { uid, objectSummary }: Pick<RotationResult, 'uid' | 'objectSummary'>,
  data: Data,
): EventOf<Kind, ObjectData & Data> {
  return event(kind, origin, uid, { ...runData(origin), uid, ...objectSummary, ...data });
}

export function event<Kind extends string, Data>(
  kind: Kind,
  { id, now, store }: Origin,
  subject: string | undefined,
  data: Data,
): EventOf<Kind, Data> {
  return {
    specversion: '1.0',
    id,
    source: `/kms/${store}`,
    type: `kms.${kind}`,
    ...(subject === undefined ? {} : { subject }),
    time: formatInstant(now),
    datacontenttype: 'application/json',
    schema: 'kms.event/v1',
    data,
  };
}

export function runData({ runId, host, version, store }: Origin): RunData {
  return { runId, host, version, store };
}
