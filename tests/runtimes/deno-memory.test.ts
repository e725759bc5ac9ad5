import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { LARGE_READ, ReadMemory, SMALL_READ } from "../../src/runtimes/deno-memory.ts";

describe("memory for reads", () => {
  it("is small until a read fills it, large until a read would have fitted into the small one", () => {
    const memory = new ReadMemory();
    const sizes: number[] = [];
    for (const count of [1, SMALL_READ, LARGE_READ, SMALL_READ + 1, SMALL_READ, 1]) {
      sizes.push(memory.take().length);
      memory.used(count);
    }
    assert.deepEqual(sizes, [SMALL_READ, SMALL_READ, LARGE_READ, LARGE_READ, LARGE_READ, SMALL_READ]);
  });

  it("stays large over a release, which gives it to others", () => {
    const [first, second] = [new ReadMemory(), new ReadMemory()];
    for (const memory of [first, second]) memory.used(SMALL_READ);
    const given = first.take();
    first.release();
    assert.equal(second.take(), given);
    assert.equal(first.take().length, LARGE_READ);
    assert.notEqual(first.take(), given);
  });
});
