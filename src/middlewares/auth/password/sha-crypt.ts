/** SHA-256-crypt (`$5$`) and SHA-512-crypt (`$6$`), as Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" has them. */
import { bytesOf, concat, utf8 } from "../../../lib/bytes.ts";
import type { Digests } from "../../../lib/digest.ts";
import { createTimeSlice } from "../../../lib/time-slice.ts";
import { cryptBase64 } from "./crypt-base64.ts";

type Variant = "sha256" | "sha512";

const SIZE: Readonly<Record<Variant, number>> = { sha256: 32, sha512: 64 };
const NONE = new Uint8Array(0);

/** Three bytes a third of the hash apart; each group begins with the next of the three. */
const ORDER: Readonly<Record<Variant, readonly (readonly number[])[]>> = {
  sha256: [...rotating(10, [0, 10, 20], [2, 0, 1]), [31, 30]],
  sha512: [...rotating(21, [0, 21, 42], [1, 2, 0]), [63]],
};

/** `turn` says which place of the group before comes first, second and third. */
function rotating(groups: number, first: readonly number[], turn: readonly number[]): number[][] {
  const order: number[][] = [[...first]];
  while (order.length < groups) {
    const before = order.at(-1) as number[];
    order.push(turn.map((place) => (before[place] as number) + 1));
  }
  return order;
}

/** The text behind the salt. `password` holds one byte a character. */
export async function shaCrypt(
  variant: Variant,
  password: string,
  { salt, rounds }: { readonly salt: string; readonly rounds: number },
  { digest }: Digests,
): Promise<string> {
  const size = SIZE[variant];
  const key = bytesOf(password);
  const salted = utf8(salt);
  const hashOf = (...parts: readonly Uint8Array[]) => digest(variant, concat(...parts));

  const inner = hashOf(key, salted, key);
  const parts = [key, salted, stretch(inner, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? inner : key);
  let hash = hashOf(...parts);

  const keySequence = stretch(hashOf(...new Array<Uint8Array>(key.length).fill(key)), key.length);
  const times = 16 + (hash[0] as number);
  const saltSequence = stretch(hashOf(...new Array<Uint8Array>(times).fill(salted)), salted.length);

  const slice = createTimeSlice();
  for (let round = 0; round < rounds; round++) {
    if (slice.isOver) await slice.rest();
    const odd = round % 2 === 1;
    hash = hashOf(
      odd ? keySequence : hash,
      round % 3 > 0 ? saltSequence : NONE,
      round % 7 > 0 ? keySequence : NONE,
      odd ? hash : keySequence,
    );
  }
  return cryptBase64(hash.subarray(0, size), ORDER[variant]);
}

/** `bytes` over and over, cut at `length`. */
function stretch(bytes: Uint8Array, length: number): Uint8Array {
  const stretched = new Uint8Array(length);
  for (let at = 0; at < length; at += bytes.length) {
    stretched.set(bytes.subarray(0, Math.min(bytes.length, length - at)), at);
  }
  return stretched;
}
