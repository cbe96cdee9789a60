// Damage to bytes as chance has it: what files, rows and URLs look like that somebody else, or a disk, has written.
export type Random = (below: number) => number;

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Numbers at which lengths, dates and escapes go wrong. */
const EDGES = [0x00, 0x01, 0x20, 0x22, 0x2d, 0x30, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0x84, 0xff];
const TEXTS = [
  ...[
    '-1',
    '0',
    '1e400',
    '9007199254740993',
    '99999999999999999999999',
    '4294967296',
    '0.5',
    'NaN',
  ],
  ...['null', 'true', '""', '[]', '{}', '[[[[', '{"a":', '\\u0000', '\\ud800', '\u2028', '�'],
  ...['"__proto__"', '"constructor"', '%00', '%ff', '@', '://', '?a=b&a=b', '#', '[[', ']]', '"""'],
];

/** So many of the texts, the first ones. */
const NUMBERS = 8;

/** Returns a mutation of one of the samples; the samples stay as they are. */
export function mutated(samples: readonly Buffer[], random: Random): Buffer {
  const pick = () => samples[random(samples.length)] ?? Buffer.alloc(0);
  const anotherNumber = (digits: string) =>
    random(3) === 0 ? (TEXTS[random(NUMBERS)] ?? '') : digits;
  let bytes: Buffer = Buffer.from(pick());
  for (let times = random(4); times >= 0; times -= 1) {
    const at = random(bytes.length + 1);
    const length = random(random(2) === 0 ? 8 : bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const over = (part: Buffer) =>
      Buffer.concat([before, part, after.subarray(part.length)]).subarray(0, bytes.length);
    const changes = [
      () => over(Buffer.of((after[0] ?? 0) ^ (1 << random(8)))),
      () => over(Buffer.alloc(1 + random(4), EDGES[random(EDGES.length)])),
      () => before,
      () => Buffer.concat([before, after.subarray(length)]),
      () => Buffer.concat([before, after.subarray(0, length), after]),
      () => Buffer.concat([before, Buffer.from(TEXTS[random(TEXTS.length)] ?? ''), after]),
      () => Buffer.concat([before, pick().subarray(random(64))]),
      () => Buffer.from(bytes.toString('latin1').replace(/\d+/g, anotherNumber), 'latin1'),
    ];
    if (bytes.length > 0) bytes = changes[random(changes.length)]?.() ?? bytes;
  }
  return bytes;
}
