/**
 * MD5-crypt (`$1$`, Poul-Henning Kamp's of FreeBSD) and Apache's variant of it (`$apr1$`), which differ in the marker
 * that goes into the hash.
 */
import { bytesOf, concat, utf8 } from "../../../lib/bytes.ts";
import type { Digests } from "../../../lib/digest.ts";
import { createTimeSlice } from "../../../lib/time-slice.ts";
import { cryptBase64 } from "./crypt-base64.ts";

const ROUNDS = 1000;
const ORDER = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];
const NONE = new Uint8Array(0);
const ZERO = new Uint8Array(1);

/** The 22 characters behind the salt. `password` holds one byte a character. */
export async function md5Crypt(
  marker: "$1$" | "$apr1$",
  password: string,
  salt: string,
  { digest }: Digests,
): Promise<string> {
  const key = bytesOf(password);
  const salted = utf8(salt);
  const inner = digest("md5", concat(key, salted, key));
  const parts = [key, utf8(marker), salted];
  for (let left = key.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(left, 16)));
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? ZERO : key.subarray(0, 1));
  let hash = digest("md5", concat(...parts));

  const slice = createTimeSlice();
  for (let round = 0; round < ROUNDS; round++) {
    if (slice.isOver) await slice.rest();
    const odd = round % 2 === 1;
    hash = digest(
      "md5",
      concat(odd ? key : hash, round % 3 > 0 ? salted : NONE, round % 7 > 0 ? key : NONE, odd ? hash : key),
    );
  }
  return cryptBase64(hash, ORDER);
}
