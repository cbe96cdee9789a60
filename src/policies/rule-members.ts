// The members of a rule in a policy file: of which kind each is, and how a rule is written with them.
import { DURATION, BOOLEAN } from '../settings/kinds/scalars.js';
import { STRINGS } from '../settings/kinds/lists.js';
import type { TableOf } from '../settings/kinds/list-of-tables.js';
import { exactDuration } from '../text/duration.js';
import type { PolicyChange, PolicyRule, Selectors } from '../rotation/policy-rules.js';

export const SELECTORS = ['tag', 'owner', 'type', 'algorithm', 'uid'] as const;

export const RULE_MEMBERS = {
  tag: STRINGS,
  owner: STRINGS,
  type: STRINGS,
  algorithm: STRINGS,
  uid: STRINGS,
  interval: DURATION,
  offset: DURATION,
  before_end: DURATION,
  overlap: DURATION,
  automatic: BOOLEAN,
  keyset: BOOLEAN,
  leave: BOOLEAN,
} as const;

export type RuleMembers = TableOf<typeof RULE_MEMBERS>;

export function selectorsOf({ tag, owner, type, algorithm, uid }: RuleMembers): Selectors {
  return { tag, owner, type, algorithm, uid };
}

/** Returns what a rule changes, or null if it has no member that changes anything. */
export function changeOf({
  interval,
  offset,
  before_end: beforeEnd,
  overlap,
  automatic,
  keyset,
}: RuleMembers): PolicyChange | null {
  const change = {
    intervalSeconds: interval,
    offsetSeconds: offset,
    beforeEndSeconds: beforeEnd,
    overlapSeconds: overlap,
    automatic,
    keyset: keyset === true ? true : undefined,
  } as const;
  return Object.values(change).every((value) => value === undefined) ? null : change;
}

/** Returns the members that a rule is written with; `leave` if it changes nothing. */
export function membersOf({ selectors, change }: PolicyRule): Readonly<Record<string, unknown>> {
  const members = {
    ...Object.fromEntries(SELECTORS.map((name) => [name, oneOrList(selectors[name])])),
    interval:
      change?.intervalSeconds === undefined ? undefined : exactDuration(change.intervalSeconds),
    offset: change?.offsetSeconds === undefined ? undefined : exactDuration(change.offsetSeconds),
    before_end:
      change?.beforeEndSeconds === undefined ? undefined : exactDuration(change.beforeEndSeconds),
    overlap:
      change?.overlapSeconds === undefined ? undefined : exactDuration(change.overlapSeconds),
    automatic: change?.automatic,
    keyset: change?.keyset,
    leave: change === null ? true : undefined,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function oneOrList(values: readonly string[] | undefined) {
  return values?.length === 1 ? values[0] : values;
}
