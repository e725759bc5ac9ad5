import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { emptyQueue } from "../../src/runtimes/accept-queue.ts";

describe("emptyQueue", () => {
  it("waits for a turn in which nobody comes and nobody waits", async () => {
    const looks = [3, 3, 1, 0];
    let accepted = 0;
    await emptyQueue(() => accepted += looks.length > 2 ? 1 : 0, () => looks.shift()!);
    assert.deepEqual(looks, []);
  });

  it("does not end while somebody waits, though somebody comes in every turn", async () => {
    let accepted = 0;
    let looks = 0;
    await emptyQueue(() => accepted += 1, () => ++looks % 7 === 0 ? 0 : 8);
    assert.equal(looks % 7, 0, "the last look has seen nobody");
  });

  it("gives up on a peer that connects without end", { timeout: 30_000 }, async () => {
    let accepted = 0;
    await emptyQueue(() => accepted += 1, () => 1);
  });
});
