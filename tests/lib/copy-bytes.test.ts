/** Bytes arrive where they should, whichever method the runtime has. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { copyBytes } from "../../src/lib/copy-bytes.ts";

describe("copyBytes", () => {
  it("copies a range, also of and into views, and leaves the rest alone", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(300),
        fc.nat(300),
        fc.nat(50),
        (all, a, b, at) => {
          const source = new Uint8Array([1, 2, 3, ...all]).subarray(3);
          const [start, end] = [Math.min(a, b, source.length), Math.min(Math.max(a, b), source.length)];
          const memory = new Uint8Array(400).fill(7);
          copyBytes(source, start, end, memory.subarray(5), at);
          const expected = new Uint8Array(400).fill(7);
          for (let i = start; i < end; i++) expected[5 + at + i - start] = all[i]!;
          assert.deepEqual(memory, expected);
        },
      ),
    );
  });
});
