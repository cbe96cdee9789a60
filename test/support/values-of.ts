// The values of a member of each item of a list, or of several members as rows: what a test compares at once.

export function valuesOf<T, Name extends keyof T>(list: Iterable<T>, name: Name): T[Name][];
export function valuesOf<T>(list: Iterable<T>, ...names: readonly (keyof T)[]): T[keyof T][][];
export function valuesOf<T>(list: Iterable<T>, ...names: readonly (keyof T)[]): unknown[] {
  const [first] = names;
  return Array.from(list, (item) =>
    names.length === 1 ? item[first!] : names.map((name) => item[name]),
  );
}
