import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCpu, workerCount } from "../../src/lib/worker-count.ts";

describe("workerCount", () => {
  const table = [
    ["200m", undefined, 1],
    ["1800m", undefined, 2],
    [2, undefined, 2],
    ["2.5", undefined, 3],
    ["32", undefined, 8],
    ["32", 0, 4],
    ["32", 64, 32],
    ["0", 8, 1],
    [undefined, 8, 1],
    ["many", 8, 1],
  ] as const;
  for (const [cpu, limit, expected] of table) {
    it(`${cpu} with limit ${limit} is ${expected}`, () => assert.equal(workerCount(cpu, limit), expected));
  }

  it("reads quantities of processors and nothing else", () => {
    assert.deepEqual(["1", "0.5", ".5", "250m", 2].map(parseCpu), [1, 0.5, 0.5, 0.25, 2]);
    assert.deepEqual(["", "m", "-1", "1Gi", "1e3", "1 m"].map(parseCpu), Array(6).fill(undefined));
  });
});
