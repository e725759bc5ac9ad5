// slow: a minute of mixed traffic
/** The short form of `scripts/soak`. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { slopePerMinute } from "./figures.ts";
import { soak } from "./soak-run.ts";

const SECONDS = 40;
/** Of memory in the second half; the long form looks at the slope, which takes longer to show. */
const ALLOWED_MEGABYTES = 60;

describe("mixed traffic under changes", () => {
  it("loses nothing and leaves nothing behind", { timeout: 240_000 }, async () => {
    const { done, failures, removals, refusedLate, revisions, memory, descriptorsBefore, descriptorsAfter } =
      await soak(SECONDS);
    const half = memory.slice(Math.floor(memory.length / 2));
    const growth = slopePerMinute(half) * SECONDS / 2 / 60;
    console.log(
      JSON.stringify({ done, removals, refusedLate, revisions, growth, descriptorsBefore, descriptorsAfter }),
    );
    assert.deepEqual(failures, []);
    for (const [kind, count] of Object.entries(done)) assert.ok(count > 5, `${kind}: ${count}`);
    assert.equal(Object.keys(done).length, 11, Object.keys(done).join());
    assert.ok(refusedLate <= 1, `${refusedLate} refused late in ${removals} removals`);
    assert.ok(revisions > 20, `${revisions} tables`);
    assert.ok(growth < ALLOWED_MEGABYTES, `memory grew by ${growth} MB`);
    // Idle connections to the two upstreams may be open still.
    assert.ok(
      descriptorsAfter <= descriptorsBefore + 30,
      `${descriptorsAfter} descriptors, ${descriptorsBefore} before`,
    );
  });
});
