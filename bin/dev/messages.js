// Prints every text that the program may show to people, with its place: messages and hints, notes, headings, questions,
// help. Read the list whole after a change of wording. Texts are taken from the syntax tree of src/, so none is missed;
// SQL and other texts for machines are left out by their form. With --all, the texts of folders that a terminal rarely
// shows are printed too.
import { readFileSync, readdirSync } from 'node:fs';
import ts from 'typescript';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Two words of plain letters, one after the other. */
const PROSE = /[\p{L}’]{2,}[,;:]? [\p{L}’]{1,}|^[A-Z][A-Z ]+$/u;
const FOR_MACHINES =
  /^(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|SHOW|SET|GRANT|PRAGMA|BEGIN|ORDER|CASE|WITH|REFERENCES)\b|\b(COALESCE|json_extract|BIGINT|VARCHAR)\b/;
/** Folders with hardly a text that a terminal shows as such. */
const APART = process.argv.includes('--all') ? /^$/ : /^src\/(store\/dialects|schemas)\//;

for (const path of sources()) {
  const text = readFileSync(`${root}${path}`, 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  for (const [line, found] of textsIn(file)) console.log(`${path}:${line}  ${found}`);
}

function sources() {
  return readdirSync(`${root}src`, { recursive: true })
    .map((name) => `src/${name}`)
    .filter((path) => path.endsWith('.ts') && !APART.test(path))
    .sort();
}

function textsIn(file) {
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) return;
    const text = textOf(node, file);
    if (text !== null && PROSE.test(text) && !FOR_MACHINES.test(text.trim())) {
      found.push([file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Returns the text of a literal, with what is computed in it in braces; null for any other node. */
function textOf(node, file) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  const spans = node.templateSpans.map(
    ({ expression, literal }) => `{${expression.getText(file)}}${literal.text}`,
  );
  return node.head.text + spans.join('');
}
