/** Interruptible computations: the same result either way, and others get their turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { atOnce, eachOf, inSlices, sorted, type Steps } from "../../src/lib/steps.ts";

function* sumTo(count: number, work: () => void = () => {}): Steps<number> {
  let sum = 0;
  yield* eachOf(Array.from({ length: count }, (_, index) => index), (item, index) => {
    assert.equal(item, index);
    work();
    sum += item;
  });
  return sum;
}

test("steps: at once and in slices give the same", async () => {
  for (const count of [0, 1, 31, 32, 33, 1000]) {
    const sum = count === 0 ? 0 : count * (count - 1) / 2;
    assert.equal(atOnce(sumTo(count)), sum);
    assert.equal(await inSlices(sumTo(count)), sum);
  }
});

test("steps: what throws in a step throws out of both", async () => {
  const fail = () => {
    throw new RangeError("no");
  };
  assert.throws(() => atOnce(sumTo(3, fail)), RangeError);
  await assert.rejects(inSlices(sumTo(3, fail)), RangeError);
});

test("steps: in slices, timers and others run in between", async () => {
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const busy = () => {
    for (const end = performance.now() + 0.2; performance.now() < end;);
  };
  await inSlices(sumTo(500, busy)); // 100 ms
  clearInterval(others);
  assert.ok(turns >= 3, `${turns} turns`);
});

test("steps: sorted as by the language's own stable sort", () => {
  const items = fc.array(fc.tuple(fc.nat(9), fc.nat()), { maxLength: 3000, size: "max" });
  const byKey = ([a]: readonly [number, number], [b]: readonly [number, number]) => a - b;
  fc.assert(
    fc.property(items, (given) => {
      assert.deepEqual(atOnce(sorted(given, byKey)), [...given].sort(byKey));
    }),
    { numRuns: 50 },
  );
});
