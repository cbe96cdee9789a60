// Big integers as the store's JSON writes them: [sign, [limbs of 32 bits, least significant first]]
// (storage format §2.2). ttlv-items.ts has their form in binary TTLV.
import { isJsonArray, type JsonValue } from './json.js';

const LIMB_BITS = 32;

/** Returns the integer; null if the value is none. A leading zero limb is accepted, as by the server. */
export function decodeBigInteger(value: JsonValue | undefined): bigint | null {
  if (!isJsonArray(value) || value.length !== 2) return null;
  const [sign, limbs] = value;
  if ((sign !== -1 && sign !== 0 && sign !== 1) || !isJsonArray(limbs)) return null;
  if (!limbs.every(isLimb)) return null;
  const magnitude = BigInt(`0x0${limbs.toReversed().map(limbHex).join('')}`);
  if (sign === 0 && magnitude !== 0n) return null;
  return sign === -1 ? -magnitude : magnitude;
}

export function encodeBigInteger(integer: bigint): JsonValue {
  if (integer === 0n) return [0, []];
  const magnitude = integer < 0n ? -integer : integer;
  const digits = magnitude.toString(16);
  const perLimb = LIMB_BITS / 4;
  const limbs: number[] = [];
  for (let end = digits.length; end > 0; end -= perLimb) {
    limbs.push(Number.parseInt(digits.slice(Math.max(0, end - perLimb), end), 16));
  }
  return [integer < 0n ? -1 : 1, limbs];
}

function isLimb(limb: JsonValue): limb is number {
  return typeof limb === 'number' && Number.isInteger(limb) && limb >= 0 && limb < 2 ** LIMB_BITS;
}

function limbHex(limb: number): string {
  return limb.toString(16).padStart(LIMB_BITS / 4, '0');
}
