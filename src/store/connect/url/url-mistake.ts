// What is wrong with a database URL. It never quotes the URL: a mistaken one may have its password anywhere.
import { KmsError } from '../../../errors.js';

export class UrlMistake extends KmsError {
  /** The end of a sentence about the URL, "names no database", for whoever knows where the URL comes from. */
  readonly predicate: string;

  constructor(predicate: string, hint: string) {
    super('InvalidConfiguration', `the database URL ${predicate}`, { hint });
    this.predicate = predicate;
  }
}

/** Returns a mistake of a text that is there, but of no use. */
export function cannot(message: string, hint: string): UrlMistake {
  return new UrlMistake(`cannot be used: ${message}`, hint);
}

/** Returns a part of a URL without its escapes. @throws UrlMistake */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw cannot('a % in it begins no escape', 'write a % that stands for itself as %25');
  }
}
