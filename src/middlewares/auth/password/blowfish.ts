/** Blowfish (Bruce Schneier, 1993) with the key schedule of bcrypt (Niels Provos and David Mazières, 1999). */

const SUBKEYS = 18;
const WORDS = SUBKEYS + 4 * 256;

/** Subkeys and S-boxes: 18 + 1024 words. */
export type BlowfishState = Int32Array;

let digitsOfPi: Int32Array | undefined;

/** A state with no key in it: the first 33,344 bits of the fraction of π. */
export function initialState(): BlowfishState {
  return (digitsOfPi ??= fractionOfPi()).slice();
}

/** π = 16 atan 1/5 − 4 atan 1/239 (John Machin). Takes some 40 ms, once, and only where bcrypt is used. */
function fractionOfPi(): Int32Array {
  const guard = 64n;
  const one = 1n << (BigInt(WORDS * 32) + guard);
  const arctanOfInverse = (n: bigint) => {
    let power = one / n;
    let sum = power;
    for (let k = 3n; power !== 0n; k += 2n) {
      power /= n * n;
      sum += k & 2n ? -(power / k) : power / k;
    }
    return sum;
  };
  const pi = 16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n);
  const hex = ((pi % one) >> guard).toString(16).padStart(WORDS * 8, "0");
  return Int32Array.from({ length: WORDS }, (_, i) => parseInt(hex.slice(i * 8, i * 8 + 8), 16) | 0);
}

/** Encrypts the two words of `block` at `at`, in place. */
export function encipher(state: BlowfishState, block: Int32Array, at: number): void {
  let left = block[at] as number;
  let right = block[at + 1] as number;
  for (let round = 0; round < 16; round += 2) {
    left ^= state[round] as number;
    right ^= feistel(state, left);
    right ^= state[round + 1] as number;
    left ^= feistel(state, right);
  }
  block[at] = right ^ (state[17] as number);
  block[at + 1] = left ^ (state[16] as number);
}

function feistel(state: BlowfishState, word: number): number {
  const sum = (state[SUBKEYS + (word >>> 24)] as number) + (state[274 + ((word >>> 16) & 255)] as number);
  return ((sum ^ (state[530 + ((word >>> 8) & 255)] as number)) + (state[786 + (word & 255)] as number)) | 0;
}

/**
 * Mixes a key into the state: `key` has 18 words, `salt` four (all zero in the rounds that mix password and salt by
 * turns).
 */
export function expandKey(state: BlowfishState, key: Int32Array, salt: Int32Array): void {
  for (let i = 0; i < SUBKEYS; i++) state[i] = (state[i] as number) ^ (key[i] as number);
  const block = new Int32Array(2);
  for (let at = 0; at < WORDS; at += 2) {
    block[0] = (block[0] as number) ^ (salt[at & 3] as number);
    block[1] = (block[1] as number) ^ (salt[(at + 1) & 3] as number);
    encipher(state, block, 0);
    state[at] = block[0] as number;
    state[at + 1] = block[1] as number;
  }
}

/** The first 18 words of `bytes` repeated without end, most significant byte first. */
export function keyWords(bytes: Uint8Array): Int32Array {
  return Int32Array.from({ length: SUBKEYS }, (_, word) => {
    let value = 0;
    for (let i = 0; i < 4; i++) value = (value << 8) | (bytes[(word * 4 + i) % bytes.length] as number);
    return value;
  });
}
