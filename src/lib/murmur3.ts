/**
 * MurmurHash3 x86_32 (Austin Appleby, public domain): every bit of the key moves every bit of the result, it needs
 * nothing but 32-bit multiplications and shifts, which both engines compile to machine instructions, and it is the
 * same on every runtime, version and machine. It is no defence: whoever chooses keys can choose results.
 */
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** Hash of a text of one byte a character (ASCII, or a field value as it came), 0 … 2³²−1. */
export function murmur3(text: string, seed = 0): number {
  const { length } = text;
  const whole = length & ~3;
  let hash = seed;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(
      (text.charCodeAt(i) & 0xff) | ((text.charCodeAt(i + 1) & 0xff) << 8) |
        ((text.charCodeAt(i + 2) & 0xff) << 16) | (text.charCodeAt(i + 3) << 24),
    );
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | (text.charCodeAt(i) & 0xff);
  return mix32(hash ^ scramble(rest) ^ length);
}

/** Murmur's finalizer alone: spreads numbers that are close together over 0 … 2³²−1, no two to the same place. */
export function mix32(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const product = Math.imul(block, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}
