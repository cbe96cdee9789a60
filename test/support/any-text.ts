// Text of any code points for property tests: control characters, what steers a terminal, other scripts, emoji.
import fc from 'fast-check';

const codePoint = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));

/** As fc.string({ unit: 'binary' }), which takes a second to set up its tables in each process. */
export function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint });
}
