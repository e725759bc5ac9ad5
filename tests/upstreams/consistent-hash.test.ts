/** The hash ring: shares, movement, successors, and that everybody has the same one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { HashRing } from "../../src/upstreams/balancers/consistent-hash.ts";
import type { UpstreamEndpoint } from "../../src/upstreams/upstream.ts";
import { endpointsOf, tally } from "./endpoints.ts";

const KEYS = 100_000;

/** For whoever wants to see it: `bun test tests/upstreams/consistent-hash.test.ts`. */
function print(what: string, result: string): void {
  console.log(`${what.padEnd(24)} ${result}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function label(endpoint: UpstreamEndpoint | undefined): string {
  return endpoint?.pool.label ?? "none";
}

/** Share of the keys that have another home on the second ring. */
function moved(before: readonly UpstreamEndpoint[], after: readonly UpstreamEndpoint[]): number {
  const [first, second] = [new HashRing(before), new HashRing(after)];
  let count = 0;
  for (let n = 0; n < KEYS; n++) {
    if (label(first.home(`key-${n}`)) !== label(second.home(`key-${n}`))) count++;
  }
  return count / KEYS;
}

describe("a hash ring", () => {
  it("gives every one of equal endpoints its share, 25 % off at most", () => {
    for (const count of [1, 2, 3, 5, 10, 50]) {
      const endpoints = endpointsOf(count);
      const ring = new HashRing(endpoints);
      const fair = KEYS / count;
      const shares = tally(endpoints, KEYS, (n) => ring.home(`key-${n}`));
      print(
        `${count} endpoints`,
        `${shares.slice(0, 10).join(" ")}${count > 10 ? " …" : ""} of ${KEYS} keys`,
      );
      for (const hits of shares) {
        assert.ok(Math.abs(hits - fair) < 0.25 * fair, `${hits} of ${fair} with ${count} endpoints`);
      }
    }
  });

  it("honours weights", () => {
    for (const weights of [[75, 25], [10, 20, 30, 40], [100, 100, 50]]) {
      const endpoints = endpointsOf(weights.length, weights);
      const ring = new HashRing(endpoints);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const shares = tally(endpoints, KEYS, (n) => ring.home(`key-${n}`));
      print(`weights ${weights.join(", ")}`, `${shares.join(" ")} of ${KEYS} keys`);
      shares.forEach((hits, index) => {
        const fair = KEYS * weights[index]! / total;
        assert.ok(Math.abs(hits - fair) < 0.25 * fair, `${hits} of ${fair} with weights ${weights}`);
      });
    }
  });

  it("gives nothing to weight 0 beside others, and the same to all when all are 0", () => {
    const some = endpointsOf(3, [1, 0, 1]);
    const ring = new HashRing(some);
    assert.equal(tally(some, 10_000, (n) => ring.home(`key-${n}`))[1], 0);
    const none = endpointsOf(3, [0]);
    const equal = new HashRing(none);
    for (const hits of tally(none, 9_000, (n) => equal.home(`key-${n}`))) assert.ok(hits > 2_000, `${hits}`);
  });

  it("moves about 1 − c/n of the keys from c to n endpoints", () => {
    for (const [from, to] of [[1, 2], [2, 3], [3, 5], [5, 10], [9, 10], [99, 100]] as const) {
      const ideal = 1 - from / to;
      // Weights are what data-plane spec 3.9 makes of one Service: they shrink when endpoints come.
      const share = moved(
        endpointsOf(from, [Math.round(100 / from)]),
        endpointsOf(to, [Math.round(100 / to)]),
      );
      print(`${from} → ${to} endpoints`, `${percent(share)} of the keys move, 1 − c/n is ${percent(ideal)}`);
      assert.ok(
        Math.abs(share - ideal) < 0.25 * ideal,
        `${from} → ${to}: ${share} of the keys, ideal ${ideal}`,
      );
    }
  });

  it("moves no key between endpoints that stay", () => {
    const before = endpointsOf(10);
    const gone = before[3]!;
    const [first, second] = [new HashRing(before), new HashRing(before.filter((each) => each !== gone))];
    for (let n = 0; n < KEYS; n++) {
      const home = first.home(`key-${n}`);
      if (home !== gone) assert.equal(second.home(`key-${n}`), home);
    }
  });

  it("goes on to where a key would be without the endpoints that were tried", () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 6 }), (key, count) => {
      const endpoints = endpointsOf(count);
      const ring = new HashRing(endpoints);
      const tried: UpstreamEndpoint[] = [];
      for (let n = 0; n < count; n++) {
        const picked = ring.pick(key, tried)!;
        const left = endpoints.filter((each) => !tried.includes(each));
        assert.equal(picked, new HashRing(left).home(key));
        tried.push(picked);
      }
      assert.equal(ring.pick(key, tried), undefined);
    }));
  });

  it("is the same whatever the order of the endpoints", () => {
    const endpoints = endpointsOf(20, [1, 2, 3]);
    const ring = new HashRing(endpoints);
    fc.assert(
      fc.property(fc.shuffledSubarray(endpoints, { minLength: 20 }), fc.string(), (shuffled, key) => {
        assert.equal(new HashRing(shuffled).home(key), ring.home(key));
      }),
      { numRuns: 50 },
    );
  });

  it("with nobody on it answers nobody", () => {
    assert.equal(new HashRing([]).home("key"), undefined);
  });

  it("tells 1,000 endpoints apart", () => {
    const endpoints = endpointsOf(1000);
    const ring = new HashRing(endpoints);
    assert.ok(tally(endpoints, KEYS, (n) => ring.home(`key-${n}`)).every((hits) => hits > 50 && hits < 170));
  });

  // Replicas of different versions serve one client: whoever changes this table sends every client elsewhere.
  it("is the one that was published", () => {
    const ring = new HashRing(endpointsOf(5));
    for (const [key, home] of Object.entries(GOLDEN)) assert.equal(label(ring.home(key)), home, key);
  });

  it("is the same in another process", () => {
    const script = fileURLToPath(new URL("print-homes.ts", import.meta.url));
    const isBun = "Bun" in globalThis;
    const args = isBun ? [script] : ["run", "--no-check", "-A", script];
    const printed = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
    const ring = new HashRing(endpointsOf(7, [3, 1]));
    const own = Array.from({ length: 1000 }, (_, n) => label(ring.home(`key-${n}`)));
    assert.deepEqual(printed, own);
  });
});

const GOLDEN = {
  "": "10.0.0.1:8080",
  "A": "10.0.0.1:8080",
  "B": "10.0.0.1:8080",
  "alice": "10.0.0.4:8080",
  "bob": "10.0.0.3:8080",
  "192.0.2.1": "10.0.0.4:8080",
  "2001:db8::1": "10.0.0.2:8080",
  "1700000000.123.17.4711": "10.0.0.3:8080",
  "café": "10.0.0.4:8080",
  "key-0": "10.0.0.0:8080",
  "key-1": "10.0.0.1:8080",
  "key-2": "10.0.0.2:8080",
};
