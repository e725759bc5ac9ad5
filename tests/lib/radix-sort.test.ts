import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sortByKey } from "../../src/lib/radix-sort.ts";

describe("sortByKey", () => {
  it("does what a stable sort by comparison does", () => {
    const key = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));
    fc.assert(fc.property(fc.array(key), (list) => {
      const pairs = list.map((key, value) => ({ key, value })).sort((a, b) => a.key - b.key);
      const sorted = sortByKey(Uint32Array.from(list), Uint32Array.from(list.keys()));
      assert.deepEqual([...sorted.keys], pairs.map(({ key }) => key));
      assert.deepEqual([...sorted.values], pairs.map(({ value }) => value));
    }));
  });
});
