/** Which upstreams share the connections to an endpoint, by their TLS settings (data-plane spec 3.8). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Endpoint, Upstream, UpstreamTls } from "../../src/table/table.ts";
import type { Poolable } from "../../src/upstreams/pool.ts";
import { UpstreamRegistry } from "../../src/upstreams/upstream.ts";

class Connection implements Poolable {
  readonly serverName = "";
  discarded = false;

  discard(): void {
    this.discarded = true;
  }
}

const TLS: UpstreamTls = { verify: false, serverName: null, ca: null };

describe("pools", () => {
  const endpoint: Endpoint = {
    address: "10.0.0.1",
    port: 443,
    weight: 1,
    service: { namespace: "default", name: "app" },
  };

  function upstream(name: string, tls: UpstreamTls | null): Upstream {
    return {
      name,
      group: name,
      mode: "http",
      balancing: { policy: "round-robin" },
      emptyStatus: 500,
      tls,
      outlierDetection: null,
      endpoints: [endpoint],
    };
  }

  it("are shared under the same TLS settings and under no others", () => {
    const registry = new UpstreamRegistry<Connection>({ maxIdlePerEndpoint: 2 });
    const settings = [
      null,
      TLS,
      { ...TLS, verify: true },
      { ...TLS, serverName: "a.example" },
      { ...TLS, ca: "-----BEGIN CERTIFICATE-----" },
    ];
    const specs = [...settings, ...settings].map((tls, n) => upstream(`u${n}`, tls && { ...tls }));
    registry.update(Object.fromEntries(specs.map((spec) => [spec.name, spec])));
    const pools = specs.map(({ name }) => registry.all.get(name)!.endpoints[0]!.pool);
    assert.equal(new Set(pools).size, settings.length);
    pools.slice(0, settings.length).forEach((pool, n) => assert.equal(pools[n + settings.length], pool));
    assert.deepEqual(pools.slice(0, settings.length).map(({ tls }) => tls), settings);
  });

  it("are retired when TLS is switched on, plain connections with them", () => {
    const registry = new UpstreamRegistry<Connection>({ maxIdlePerEndpoint: 2 });
    registry.update({ u: upstream("u", null) });
    const { pool } = registry.all.get("u")!.endpoints[0]!;
    const idle = new Connection();
    pool.put(idle);
    registry.update({ u: upstream("u", TLS) });
    assert.equal(idle.discarded, true);
    assert.equal(pool.put(new Connection()), false);
    assert.notEqual(registry.all.get("u")!.endpoints[0]!.pool, pool);
  });

  it("keep their balancer as long as nothing of their upstream changes", () => {
    const registry = new UpstreamRegistry<Connection>({ maxIdlePerEndpoint: 2 });
    registry.update({ u: upstream("u", null) });
    const { endpoints } = registry.all.get("u")!;
    registry.update({ u: upstream("u", null) });
    assert.equal(registry.all.get("u")!.endpoints, endpoints);
  });
});
