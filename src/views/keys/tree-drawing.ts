// A tree of wrapped objects, for people: one line for each object, below the key that wraps it.
import type { TreeNode } from './dependants-tree.js';
import type { Terminal } from '../../output/terminal.js';
import { printable } from '../../text/printable.js';

/** Yields the lines of a tree, the root first. */
export function* treeDrawing(tree: TreeNode, terminal: Terminal): Generator<string> {
  yield line(tree, terminal);
  yield* branches(tree.dependants, '', terminal);
}

function* branches(
  nodes: readonly TreeNode[],
  indent: string,
  terminal: Terminal,
): Generator<string> {
  for (const [index, node] of nodes.entries()) {
    const last = index === nodes.length - 1;
    yield `${indent}${last ? '└── ' : '├── '}${line(node, terminal)}`;
    yield* branches(node.dependants, `${indent}${last ? '    ' : '│   '}`, terminal);
  }
}

function line(node: TreeNode, { paint }: Terminal): string {
  const end = node.retiresAt === null ? null : `retires ${node.retiresAt}`;
  const details = [node.objectType, node.state, end, node.wrapping, node.owner]
    .filter((detail) => detail !== null)
    .map(printable);
  return `${paint.bold(printable(node.uid))}  ${paint.dim(details.join(', '))}`;
}
