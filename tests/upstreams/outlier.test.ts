/** Endpoints that fail rest for a while (data-plane spec 10.3). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Upstream } from "../../src/table/table.ts";
import { LiveUpstream, type UpstreamEndpoint } from "../../src/upstreams/upstream.ts";
import { UPSTREAM } from "../table/tables.ts";
import { endpointsOf, exchange, tools } from "./endpoints.ts";

const SPEC: Upstream = { ...UPSTREAM, outlierDetection: { consecutiveFailures: 2, ejectionMs: 1000 } };

function setUp(spec = SPEC) {
  const endpoints = endpointsOf(3);
  const clock = tools();
  const upstream = new LiveUpstream(spec, endpoints, clock);
  const [first] = endpoints as [UpstreamEndpoint];
  /** Endpoints that are picked in a while. */
  function picked(): number[] {
    const all = Array.from({ length: 30 }, () => endpoints.indexOf(upstream.pick([], exchange())!));
    return [...new Set(all)].sort();
  }
  return { endpoints, clock, upstream, first, picked };
}

describe("outlier detection", () => {
  it("leaves out an endpoint that failed so many times in a row, for so long", () => {
    const { upstream, first, clock, picked } = setUp();
    upstream.failed(first);
    assert.deepEqual(picked(), [0, 1, 2]);
    upstream.failed(first);
    assert.deepEqual(picked(), [1, 2]);
    assert.equal(upstream.isResting(first.pool), true);
    clock.time = 999;
    assert.deepEqual(picked(), [1, 2]);
    clock.time = 1000;
    assert.deepEqual(picked(), [0, 1, 2]);
    assert.equal(upstream.isResting(first.pool), false);
  });

  it("after a rest one failure is enough, and one answer makes it good", () => {
    const { upstream, first, clock, picked } = setUp();
    for (const _ of [1, 2]) upstream.failed(first);
    clock.time = 1000;
    upstream.failed(first);
    assert.deepEqual(picked(), [1, 2]);
    clock.time = 2000;
    upstream.answered(first, exchange(), 1);
    upstream.failed(first);
    assert.deepEqual(picked(), [0, 1, 2]);
  });

  it("an answer in between begins the count anew", () => {
    const { upstream, first, picked } = setUp();
    upstream.failed(first);
    upstream.answered(first, exchange(), 1);
    upstream.failed(first);
    assert.deepEqual(picked(), [0, 1, 2]);
  });

  it("when all of them rest, or the others were tried, one that rests is better than none", () => {
    const { upstream, endpoints, first, picked } = setUp();
    for (const endpoint of endpoints) for (const _ of [1, 2]) upstream.failed(endpoint);
    assert.deepEqual(picked(), [0, 1, 2]);
    const { upstream: other, endpoints: three, first: resting } = setUp();
    for (const _ of [1, 2]) other.failed(resting);
    assert.equal(other.pick([three[1]!, three[2]!], exchange()), resting);
    assert.equal(upstream.pick(endpoints, exchange()), undefined);
    assert.ok(first);
  });

  it("moves sticky clients meanwhile, each with one new cookie, and leaves the others", () => {
    const { upstream, endpoints } = setUp({ ...SPEC, balancing: { policy: "cookie", cookie: "c" } });
    const homeOf = (value: string) => upstream.pick([], exchange({ fields: { cookie: `c=${value}` } }))!;
    const values = Array.from({ length: 100 }, (_, n) => `v${n}`);
    const before = values.map(homeOf);
    const bad = endpoints[0]!;
    for (const _ of [1, 2]) upstream.failed(bad);
    values.forEach((value, n) => {
      const client = exchange({ fields: { cookie: `c=${value}` } });
      const now = upstream.pick([], client)!;
      if (before[n] !== bad) assert.equal(now, before[n]);
      else {
        assert.notEqual(now, bad);
        upstream.answered(now, client, 1);
        assert.equal(client.added.length, 1);
        assert.equal(homeOf(/c=([^;]+)/.exec(client.added[0]!)![1]!), now);
      }
    });
  });

  it("survives a change of endpoints, forgets those that are gone, and ends with the setting", () => {
    const { upstream, endpoints, first } = setUp();
    for (const _ of [1, 2]) upstream.failed(first);
    upstream.replace(SPEC, endpoints.slice(0, 2));
    assert.equal(upstream.isResting(first.pool), true);
    upstream.replace(SPEC, endpoints.slice(1));
    upstream.replace(SPEC, endpoints);
    assert.equal(upstream.isResting(first.pool), false);
    for (const _ of [1, 2]) upstream.failed(first);
    upstream.replace({ ...SPEC, outlierDetection: null }, endpoints);
    assert.equal(upstream.isResting(first.pool), false);
  });
});
