// The conditions that an operator names, by an id or a uid, and what is changed of them by hand.
import { conditionKey, type Condition } from '../conditions/condition.js';
import { KmsError } from '../errors.js';
import type { Store } from '../store/store.js';

/** Returns all with this id or uid, also those that are over. @throws KmsError UnknownUid if there is none. */
export async function conditionsNamed(
  store: Pick<Store, 'findConditions'>,
  name: string,
): Promise<readonly Condition[]> {
  const found = await store.findConditions(name);
  if (found.length > 0) return found;
  throw new KmsError('UnknownUid', `no failure has the id or the uid ${JSON.stringify(name)}`, {
    hint: 'kms status lists what is wrong',
  });
}

/** Returns those of them that hold. @throws KmsError UnknownUid if there is none. */
export async function openConditionsNamed(
  store: Pick<Store, 'findConditions'>,
  name: string,
): Promise<readonly Condition[]> {
  const open = (await conditionsNamed(store, name)).filter(({ resolved }) => resolved === null);
  if (open.length > 0) return open;
  throw new KmsError('UnknownUid', `the failure ${JSON.stringify(name)} is over`, {
    hint: 'kms status lists what is wrong',
  });
}

/** Changes conditions as they are by now, and returns those that still held. */
export async function rewriteConditions(
  store: Pick<Store, 'updateConditions'>,
  conditions: readonly Condition[],
  changes: Pick<Condition, 'acknowledged'>,
): Promise<readonly Condition[]> {
  let changed: readonly Condition[] = [];
  await store.updateConditions(conditions, ({ present }) => {
    changed = conditions.flatMap((one) => {
      const now = present.get(conditionKey(one));
      return now?.resolved === null ? [{ ...now, ...changes }] : [];
    });
    return { conditions: changed, ownRows: [] };
  });
  return changed;
}
