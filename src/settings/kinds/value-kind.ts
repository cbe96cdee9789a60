// What a kind of value is: a record that reads values from TOML and from the text of a variable or flag, and describes
// them in JSON Schema. The files beside this one have the kinds; settings and policy files say which member is of
// which.
import type { MemberPath } from '../toml/toml-document.js';

export interface ValueKind<T> {
  /** What a value must be, as the end of a sentence: "must be a text". */
  readonly requirement: string;
  readonly hint: string;
  readonly readToml: (value: unknown) => Read<T>;
  /** Reads the text of a variable or of a flag. */
  readonly readText: (text: string) => Read<T>;
  /** JSON Schema of the TOML form. */
  readonly schema: object;
}

export type ValueOf<Kind> = Kind extends ValueKind<infer T> ? T : never;

export type Read<T> =
  | {
      readonly value: T;
      readonly mistake?: undefined;
      /** What cannot be used in parts of the value, such as an entry of a list. */
      readonly flaws?: readonly Mistake[];
    }
  | { readonly mistake: Mistake };

/** Why a value was refused. */
export interface Mistake {
  /** The end of a sentence about the value; a whole one if `path` leads to something in it. */
  readonly message: string;
  readonly hint: string;
  /** Where in the value; empty for the value itself. */
  readonly path: MemberPath;
  /** True if the value has the right type, and only cannot be used; resolve-settings.ts says what that changes. */
  readonly isFlaw: boolean;
}

/** Returns what is wrong with the value of a member. */
export function describeMistake(member: string, { message, path }: Mistake): string {
  return path.length === 0 ? `${member} ${message}` : `${member}: ${message}`;
}

/** A kind whose readers return undefined for a value of another type. */
interface KindDefinition<T> {
  readonly requirement: string;
  readonly hint: string;
  readonly fromToml: (value: unknown) => T | undefined;
  readonly fromText: (text: string) => T | undefined;
  /** What else a value must meet to be of use. */
  readonly isUsable?: (value: T) => boolean;
  readonly schema: object;
}

export function valueKind<T>(definition: KindDefinition<T>): ValueKind<T> {
  const { requirement, hint, fromToml, fromText, isUsable = () => true, schema } = definition;
  const refusal = (isFlaw: boolean): Read<T> => ({
    mistake: { message: requirement, hint, path: [], isFlaw },
  });
  const readResult = (value: T | undefined): Read<T> => {
    if (value === undefined) return refusal(false);
    return isUsable(value) ? { value } : refusal(true);
  };
  return {
    requirement,
    hint,
    readToml: (value) => readResult(fromToml(value)),
    readText: (text) => readResult(fromText(text)),
    schema,
  };
}
