// Which generations of a pair or an authority are published: the current one, those that are retiring, and, if somebody
// asks for them, older ones that still verify. What is Compromised or Destroyed never is.
import type { State } from '../kmip/vocabulary.js';

export interface Generation {
  readonly uid: string;
  /** Of the object and, in a pair, of its counterpart. */
  readonly states: readonly State[];
  readonly isReplaced: boolean;
  /** Whether it may be used until its overlap ends. */
  readonly isRetiring: boolean;
}

export type PublicationCause = 'current' | 'retiring' | 'verifies';

export interface Publication {
  readonly uid: string;
  readonly because: PublicationCause;
}

export interface PublicationOptions {
  /** Says of an older generation whether it is published, if its state lets it verify. */
  readonly verifies: (uid: string) => boolean;
}

/** Returns what is published of generations that come newest first, in that order. */
export function publishedGenerations(
  generations: readonly Generation[],
  { verifies }: PublicationOptions,
): readonly Publication[] {
  const head = headOf(generations);
  // Until the head may be used, clients use the one before it.
  const inUse =
    head !== undefined && stateOf(head) === 'PreActive'
      ? generations.find((one) => stateOf(one) === 'Active')
      : undefined;
  return generations.flatMap((one): readonly Publication[] => {
    const state = stateOf(one);
    const mayBeUsed = state === 'Active' || (one === head && state === 'PreActive');
    const because: PublicationCause | null =
      mayBeUsed && (one === head || one === inUse)
        ? 'current'
        : mayBeUsed && one.isRetiring
          ? 'retiring'
          : verifies(one.uid) && (state === 'Active' || state === 'Deactivated')
            ? 'verifies'
            : null;
    return because === null ? [] : [{ uid: one.uid, because }];
  });
}

/** Returns the newest generation that was not replaced. */
export function headOf(generations: readonly Generation[]): Generation | undefined {
  return generations.find(({ isReplaced }) => !isReplaced) ?? generations[0];
}

/** From the worst to the best. */
const ORDER: readonly State[] = [
  'Destroyed_Compromised',
  'Compromised',
  'Destroyed',
  'Deactivated',
  'PreActive',
  'Active',
];

/** Returns the worst state of the two keys of a pair: what holds of one of them keeps the pair from being used. */
export function stateOf({ states }: Pick<Generation, 'states'>): State {
  return ORDER.find((state) => states.includes(state)) ?? 'Destroyed';
}
