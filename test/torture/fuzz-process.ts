// The part of fuzz.ts that a parser may crash, hang, or fill the memory of: a process of its own. Arguments: seed, cases.
import { KmsError } from '../../src/errors.js';
import { MalformedMember } from '../../src/kmip/members.js';
import type { FuzzMessage } from './fuzz.js';
import { mutated, randomFrom } from './mutate.js';
import { parsers, type Parser } from './parsers.js';

const [seed = 0, cases = 0] = process.argv.slice(2).map(Number);
const say = (message: FuzzMessage) => process.send?.(message);

const all = await parsers();
for (let at = seed; at < seed + cases; at += 1) {
  say({ kind: 'begun', seed: at });
  for (const [which, parser] of all.entries()) {
    const bytes = mutated(parser.samples, randomFrom(Math.imul(at, 0x9e37_79b1) + which));
    const wrong = fault(parser, bytes);
    if (wrong === null) continue;
    say({ kind: 'wrong', what: `${parser.name}: ${wrong}\n${bytes.toString('base64')}` });
    process.exit();
  }
}
say({ kind: 'done', parsers: all.map(({ name }) => name) });
process.disconnect();

/** Returns what no parser may throw. */
function fault({ parse }: Parser, bytes: Buffer): string | null {
  try {
    parse(bytes);
    return null;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return null;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
