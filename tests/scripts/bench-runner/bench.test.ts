import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOptions, ROW_NAMES } from "../../../scripts/bench-runner/options.ts";
import { table } from "../../../scripts/bench-runner/print.ts";
import { cpuSeconds, family, residentMegabytes } from "../../../scripts/bench-runner/process.ts";
import { comparison } from "../../../scripts/bench-runner/result.ts";
import { median, pairwiseRatio } from "../../../scripts/bench-runner/statistics.ts";
import { routeNumber } from "../../../scripts/bench-runner/target.ts";
import type { Sample } from "../../../scripts/bench-runner/load.ts";

const NO_PROC = process.platform === "linux" ? false : "needs /proc";

function sample(requestsPerSecond: number): Sample {
  return {
    requestsPerSecond,
    bytesPerSecond: 0,
    p50: 1,
    p90: 2,
    p99: 3,
    max: 4,
    cpuPerRequest: 20,
    busy: 1,
    foreign: 0,
  };
}

describe("statistics", () => {
  it("takes the middle, or the mean of the two in the middle", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  it("compares pair by pair: a slow moment of the machine touches both sides", () => {
    const pairs = [{ reference: 100, candidate: 110 }, { reference: 50, candidate: 60 }, {
      reference: 100,
      candidate: 90,
    }];
    assert.deepEqual(pairwiseRatio(pairs), { median: 1.1, lowest: 0.9, highest: 1.2 });
  });

  it("prints medians and the ratio as a Markdown row", () => {
    const pairs = [{ reference: sample(20_000), candidate: sample(25_000) }];
    const result = comparison(
      { row: "small", work: "small answers", reference: "nginx", candidate: "albatross (bun)" },
      "requestsPerSecond",
      pairs,
    );
    const [, , row] = table([result]).split("\n");
    assert.equal(
      row,
      "| small answers | nginx | albatross (bun) | 20,000 : 25,000 requests/s | **1.25** (1.25–1.25) | 20.0 : 20.0 µs |",
    );
  });
});

describe("command line", () => {
  it("measures every row by default", () => {
    const options = parseOptions([]);
    assert.deepEqual(options.rows, ROW_NAMES);
    assert.equal(options.pairs, 5);
    assert.equal(options.baseline, null);
  });

  it("takes rows in any order and runs them in ours", () => {
    assert.deepEqual(parseOptions(["--rows", "deno,small"]).rows, ["small", "deno"]);
  });

  it("refuses what it does not know", () => {
    assert.throws(() => parseOptions(["--rows", "small,huge"]), /--rows names "huge"/);
    assert.throws(() => parseOptions(["--pairs", "0"]), /--pairs is "0"/);
    assert.throws(() => parseOptions(["--what"]), TypeError);
  });
});

it("routes differ in their number alone", () => {
  assert.deepEqual(routeNumber(7), { host: "app-00007.example", prefix: "/service-00007" });
  assert.equal(routeNumber(10_000).host.length, routeNumber(1).host.length);
});

it(`reads a process's time, memory and descendants${NO_PROC ? ` (not run: ${NO_PROC})` : ""}`, {
  skip: NO_PROC,
}, () => {
  assert.ok(family(process.ppid).includes(process.pid));
  assert.ok(cpuSeconds([process.pid]) > 0);
  assert.ok(residentMegabytes([process.pid]) > 10);
  assert.equal(cpuSeconds([]), 0);
});
