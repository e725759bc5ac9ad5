/** Base 64 as crypt(3) has it: least significant bits first, and the digits before the letters. */

const DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Writes a hash in the order of bytes that an algorithm asks for: `order` has three places a group, the most
 * significant byte first; the last group may have fewer.
 */
export function cryptBase64(hash: Uint8Array, order: readonly (readonly number[])[]): string {
  let text = "";
  for (const group of order) {
    let bits = 0;
    for (const place of group) bits = (bits << 8) | (hash[place] as number);
    for (let digits = group.length + 1; digits > 0; digits--) {
      text += DIGITS.charAt(bits & 63);
      bits >>>= 6;
    }
  }
  return text;
}
