// The rule of keys over the whole log: it begins with one key, or none, and only a row that the old key seals brings in
// another. check-chain.ts holds a chain to it; here are the chains among each other.
import { wrongChanges, type KeyChange, type KeyId } from './key-changes.js';
import { keyWords } from './key-words.js';
import { rowFinding, type Finding, type RowPlace } from './finding.js';

export interface KeyKinds {
  /** A row is sealed by this key. */
  sealed(keyId: KeyId, row: RowPlace): void;
  /** A row of change brings in another key. */
  changed(from: KeyId, to: KeyId, row: RowPlace): void;
  /** Says whether a new chain may be sealed by this key: no row has changed it for another since. */
  readonly isInForce: (keyId: KeyId) => boolean;
  /** Yields what breaks the rule, when all rows were seen. */
  findings(): Generator<Finding>;
}

export function keyKinds(): KeyKinds {
  /** The earliest row that each key seals. */
  const first = new Map<KeyId, RowPlace>();
  const changes: KeyChange[] = [];
  const latest = (side: 'from' | 'to', keyId: KeyId) =>
    changes.reduce(
      (at, change) => (change[side] === keyId && change.row.at > at ? change.row.at : at),
      '',
    );
  return {
    sealed: (keyId, row) => {
      const known = first.get(keyId);
      if (known === undefined || row.at < known.at) first.set(keyId, row);
    },
    changed: (from, to, row) => {
      changes.push({ from, to, row });
    },
    isInForce: (keyId) => {
      const broughtIn = latest('to', keyId);
      // A row without a key proves nothing, so any key puts bare hashes out of force.
      if (keyId === null && first.size > 1)
        return broughtIn !== '' && broughtIn >= latest('from', null);
      return broughtIn >= latest('from', keyId);
    },
    findings: function* () {
      const unexplained = [...first].filter(([keyId]) => changes.every(({ to }) => to !== keyId));
      // Where the log may begin with either, whoever writes the database alone could have added the bare rows.
      unexplained.sort(
        ([one, a], [other, b]) =>
          Number(one === null) - Number(other === null) || (a.at < b.at ? -1 : 1),
      );
      for (const [keyId, row] of unexplained.slice(1)) {
        yield rowFinding(
          'key',
          row,
          `it is sealed by ${keyWords(keyId)}, and no change to that was sealed`,
          null,
        );
      }
      for (const { change, changedFor } of wrongChanges(changes)) {
        const words = keyWords(change.from);
        const what =
          changedFor === undefined
            ? `${words} was not in force`
            : `${words} had been changed for ${keyWords(changedFor)} before`;
        yield rowFinding('key', change.row, what, null);
      }
    },
  };
}
