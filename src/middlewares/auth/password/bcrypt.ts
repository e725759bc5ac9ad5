/**
 * bcrypt, in slices: the library that everybody uses holds the event loop for 100 ms at a time. It judges this file in
 * the tests.
 */
import { bytesOf } from "../../../lib/bytes.ts";
import { createTimeSlice } from "../../../lib/time-slice.ts";
import { encipher, expandKey, initialState, keyWords } from "./blowfish.ts";

/** bcrypt's own order of the digits of base 64. */
const DIGITS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Longer passwords are cut, the NUL behind them included. */
const MAX_KEY_BYTES = 72;
const PLAINTEXT = "OrpheanBeholderScryDoubt";
const HASH_BYTES = 23;
const ZEROS = new Int32Array(4);

/**
 * The 31 characters behind the salt. `password` holds one byte a character and no NUL, `salt` the 22 characters behind
 * the cost.
 */
export async function bcrypt(password: string, salt: string, cost: number): Promise<string> {
  const key = keyWords(bytesOf(`${password}\0`.slice(0, MAX_KEY_BYTES)));
  const saltKey = keyWords(decode(salt));
  const state = initialState();
  expandKey(state, key, saltKey.subarray(0, 4));
  const slice = createTimeSlice();
  for (let round = 2 ** cost; round > 0; round--) {
    if (slice.isOver) await slice.rest();
    expandKey(state, key, ZEROS);
    expandKey(state, saltKey, ZEROS);
  }
  const text = keyWords(bytesOf(PLAINTEXT)).subarray(0, PLAINTEXT.length / 4);
  for (let at = 0; at < text.length; at += 2) for (let i = 0; i < 64; i++) encipher(state, text, at);
  return encode(text);
}

/** The bytes of a salt: 22 digits, of which the last has only two bits that count. */
function decode(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of text) {
    bits = ((bits << 6) | DIGITS.indexOf(digit)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 255);
  }
  return Uint8Array.from(bytes);
}

/** All bytes of the words but the last, most significant first. */
function encode(words: Int32Array): string {
  let text = "";
  let bits = 0;
  let count = 0;
  for (let i = 0; i < HASH_BYTES; i++) {
    bits = (bits << 8) | (((words[i >> 2] as number) >>> (24 - (i & 3) * 8)) & 255);
    count += 8;
    for (; count >= 6; count -= 6) text += DIGITS.charAt((bits >> (count - 6)) & 63);
    bits &= (1 << count) - 1;
  }
  return text + DIGITS.charAt((bits << (6 - count)) & 63);
}
