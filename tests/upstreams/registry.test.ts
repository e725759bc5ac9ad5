import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint, Upstream } from "../../src/table/table.ts";
import type { BalancedExchange } from "../../src/upstreams/balancers/balancer.ts";
import type { Poolable } from "../../src/upstreams/pool.ts";
import { type LiveUpstream, UpstreamRegistry } from "../../src/upstreams/upstream.ts";

const EXCHANGE: BalancedExchange = {
  clientAddress: "203.0.113.9",
  scheme: "http",
  header: () => undefined,
  effectiveHeader: () => undefined,
  responseEdits: { add() {} },
  affinityKey: undefined,
};

function endpoint(port: number, weight = 1): Endpoint {
  return { address: "10.0.0.1", port, weight, service: { namespace: "default", name: "app" } };
}

function upstream(name: string, ports: readonly number[], changes: Partial<Upstream> = {}): Upstream {
  return {
    name,
    group: name,
    mode: "http",
    balancing: { policy: "round-robin" },
    emptyStatus: 500,
    endpoints: ports.map((port) => endpoint(port)),
    tls: null,
    outlierDetection: null,
    ...changes,
  };
}

function table(...upstreams: Upstream[]): Record<string, Upstream> {
  return Object.fromEntries(upstreams.map((each) => [each.name, each]));
}

function setUp() {
  const registry = new UpstreamRegistry<Poolable>({ maxIdlePerEndpoint: 10 });
  const live = (name: string): LiveUpstream<Poolable> => registry.all.get(name)!;
  const ports = (name: string, picks: number): number[] =>
    Array.from({ length: picks }, () => live(name).pick([], EXCHANGE)!.pool.port);
  const idle = (): Poolable & { discarded: boolean } => ({
    serverName: "",
    discarded: false,
    discard() {
      this.discarded = true;
    },
  });
  return { registry, live, ports, idle };
}

describe("UpstreamRegistry", () => {
  it("keeps a living upstream, its pools and its place in the round when nothing changed", () => {
    const { registry, live, ports } = setUp();
    registry.update(table(upstream("a", [1, 2])));
    const before = live("a");
    const [pool] = before.endpoints.map((each) => each.pool);
    const first = ports("a", 1)[0];
    registry.update(table(upstream("a", [1, 2])));
    assert.equal(live("a"), before);
    assert.equal(live("a").endpoints[0]!.pool, pool);
    assert.notEqual(ports("a", 1)[0], first, "the round goes on");
  });

  it("a route that holds an upstream sees its new endpoints; pools of those that stay live on", () => {
    const { registry, live, ports } = setUp();
    registry.update(table(upstream("a", [1, 2])));
    const held = live("a");
    const kept = held.endpoints[1]!.pool;
    registry.update(table(upstream("a", [2, 3])));
    assert.equal(live("a"), held);
    assert.deepEqual([...new Set(ports("a", 4))].sort(), [2, 3]);
    assert.equal(held.endpoints[0]!.pool, kept);
  });

  it("upstreams share the pool of an endpoint that both name, until neither does", () => {
    const { registry, live, idle } = setUp();
    registry.update(table(upstream("a", [1]), upstream("b", [1])));
    const { pool } = live("a").endpoints[0]!;
    assert.equal(live("b").endpoints[0]!.pool, pool);
    const connection = idle();
    pool.put(connection);
    registry.update(table(upstream("b", [1])));
    assert.equal(connection.discarded, false);
    assert.equal(registry.all.has("a"), false);
    registry.update(table(upstream("b", [2])));
    assert.equal(connection.discarded, true);
    assert.equal(pool.put(idle()), false);
  });

  it("an endpoint that comes back gets a pool that takes connections", () => {
    const { registry, live, idle } = setUp();
    registry.update(table(upstream("a", [1])));
    registry.update(table(upstream("a", [])));
    assert.equal(live("a").pick([], EXCHANGE), undefined);
    registry.update(table(upstream("a", [1])));
    assert.equal(live("a").endpoints[0]!.pool.put(idle()), true);
  });

  it("connections under other TLS settings are in another pool", () => {
    const { registry, live } = setUp();
    const tls = { verify: false, serverName: null, ca: null };
    registry.update(table(upstream("a", [1]), upstream("b", [1], { tls })));
    assert.notEqual(live("a").endpoints[0]!.pool, live("b").endpoints[0]!.pool);
  });

  it("an exchange under way is not sent again to what it has tried before a change", () => {
    const { registry, live } = setUp();
    registry.update(table(upstream("a", [1, 2])));
    const tried = [...live("a").endpoints];
    registry.update(table(upstream("a", [1, 2, 3])));
    for (let i = 0; i < 3; i++) assert.equal(live("a").pick(tried, EXCHANGE)!.pool.port, 3);
    registry.update(table(upstream("a", [2, 1])));
    assert.equal(live("a").pick(tried, EXCHANGE), undefined);
  });
});
