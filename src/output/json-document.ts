// Turns a JSON document into text piece by piece. As one string, the document of a large store would take several times
// its size in memory.

/**
 * Yields a document as JSON.stringify writes it, indented by two spaces. A list in it is written one item at a time,
 * and may be a generator.
 */
export function* jsonPieces(document: object): Generator<string> {
  const members = Object.entries(document).filter(([, value]) => value !== undefined);
  for (const [index, [name, value]] of members.entries()) {
    yield `${index === 0 ? '{' : ','}\n  ${JSON.stringify(name)}: `;
    if (isList(value)) yield* itemsOf(value);
    else yield indented(value, '  ');
  }
  yield members.length === 0 ? '{}' : '\n}';
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function* itemsOf(items: Iterable<unknown>): Generator<string> {
  let isEmpty = true;
  for (const item of items) {
    yield `${isEmpty ? '[' : ','}\n    ${indented(item, '    ')}`;
    isEmpty = false;
  }
  yield isEmpty ? '[]' : '\n  ]';
}

/** JSON escapes line feeds within strings, so every line feed left starts a line. */
function indented(value: unknown, by: string): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${by}`);
}

/** Yields the lines of the same text, of one list item each at most: as one string it might be too long. */
export function* documentLines(document: object): Generator<string> {
  let line = '';
  for (const piece of jsonPieces(document)) {
    const [first = '', ...more] = piece.split('\n');
    line += first;
    for (const next of more) {
      yield line;
      line = next;
    }
  }
  yield line;
}
