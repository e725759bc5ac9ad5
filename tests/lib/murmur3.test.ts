/** Known answers of MurmurHash3 x86_32, and how evenly it spreads what is alike. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mix32, murmur3 } from "../../src/lib/murmur3.ts";

describe("murmur3", () => {
  it("gives the published results", () => {
    const known: [text: string, seed: number, hash: number][] = [
      ["", 0, 0],
      ["", 1, 0x514e28b7],
      ["aa", 0x9747b28c, 0x5d211726],
      ["aaaa", 0x9747b28c, 0x5a97808a],
      ["abc", 0, 0xb3dd93fa],
      ["Hello, world!", 0x9747b28c, 0x24884cba],
      ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
    ];
    for (const [text, seed, hash] of known) assert.equal(murmur3(text, seed), hash, JSON.stringify(text));
  });

  it("spreads keys that count up, chi-square within what chance does in all but 1 of 10,000 cases", () => {
    const families: ((n: number) => string)[] = [
      (n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      (n) => `user-${n}`,
      (n) => `1700000000.${n}.17.1`,
    ];
    for (const keyOf of families) {
      const cells = new Array<number>(256).fill(0);
      for (let n = 0; n < 65_536; n++) cells[murmur3(keyOf(n)) >>> 24]!++;
      const chiSquare = cells.reduce((sum, hits) => sum + (hits - 256) ** 2 / 256, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6.
      assert.ok(chiSquare < 350, `${keyOf(1)}: ${chiSquare}`);
    }
  });

  it("has a finalizer that maps no two numbers to one", () => {
    assert.equal(new Set(Array.from({ length: 100_000 }, (_, n) => mix32(n))).size, 100_000);
  });
});
