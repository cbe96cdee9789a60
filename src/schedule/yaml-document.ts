// Writes YAML documents with comments. Whatever reads them, YAML 1.1 as Kubernetes does or YAML 1.2, understands the
// same.
import { Document, isMap, isNode, isScalar, Scalar, YAMLSeq } from 'yaml';

/** A comment on the line above a member, or above an entry of a list. */
export interface YamlComment {
  readonly path: readonly [...(string | number)[], string | number];
  readonly text: string;
}

export function yamlDocument(content: object, comments: readonly YamlComment[] = []): string {
  // Version 1.1 quotes texts that it alone takes for something else, such as yes.
  const document = new Document(content, { version: '1.1' });
  for (const comment of comments) addComment(document, comment);
  return document.toString({ lineWidth: 0, blockQuote: 'literal', flowCollectionPadding: false });
}

/** For a text that comes from outside: in quotes it cannot be taken for anything else. */
export function quoted(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

/** A list on one line. */
export function inlineList(items: readonly unknown[]): YAMLSeq {
  const list = new YAMLSeq();
  list.flow = true;
  list.items = items.map((item) => (isNode(item) ? item : new Scalar(item)));
  return list;
}

/** @throws TypeError if there is nothing at the path: the comment would be lost. */
function addComment(document: Document, { path, text }: YamlComment): void {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  const node = isMap(parent)
    ? parent.items.map(({ key }) => key).find((key) => isScalar(key) && key.value === last)
    : document.getIn(path, true);
  if (!isNode(node)) throw new TypeError(`nothing at ${path.join('.')} to comment`);
  node.commentBefore = ` ${text}`;
}
