import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ALB_BOUNDS, BOUNDS } from "../../src/telemetry/metrics/histogram.ts";
import { MAX_PEERS } from "../../src/telemetry/metrics/cells.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics/mod.ts";
import { Traffic } from "../../src/telemetry/metrics/traffic.ts";
import { attempt, record, route, table } from "./records.ts";

const BUILD = { version: "1.2.3", runtime: "bun", runtime_version: "1.4.5" };

function newMetrics(dropped = 0): Metrics {
  return createMetrics({ build: BUILD, accessLogDropped: () => dropped });
}

/** Sample lines of the exposition, without comments. */
async function samples(metrics: Metrics): Promise<string[]> {
  let text = "";
  for await (const chunk of metrics.expose().chunks) text += chunk;
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function samplesOf(metrics: Metrics, name: string): Promise<string[]> {
  return (await samples(metrics)).filter((line) => line.startsWith(name)).sort();
}

describe("ALB's metrics", () => {
  it("have ALB's names, labels and order of labels", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1]));
    metrics.observer.exchangeEnded(record({ route: r1, attempts: [attempt()] }));
    const source = 'source_type="",source_namespace="",source_name=""';
    const lines = await samples(metrics);
    for (
      const expected of [
        `nginx_http_status{port="80",rule="r1",status="200",method="GET",${source}} 1`,
        `nginx_http_request_size_bytes{port="80",rule="r1",status="200",method="GET",${source}} 100`,
        `nginx_http_response_size_bytes{port="80",rule="r1",status="200",method="GET",${source}} 300`,
        `nginx_http_request_duration_seconds_bucket{port="80",rule="r1",${source},le="0.005"} 0`,
        `nginx_http_request_duration_seconds_bucket{port="80",rule="r1",${source},le="0.01"} 1`,
        `nginx_http_request_duration_seconds_sum{port="80",rule="r1",${source}} 0.01`,
        `nginx_http_request_duration_seconds_count{port="80",rule="r1",${source}} 1`,
        'nginx_http_upstream_requests_status{port="80",rule="r1",upstream_ip="10.0.0.1:80",status="200",' +
        `method="GET",${source}} 1`,
        'nginx_http_upstream_request_duration_seconds_sum{port="80",rule="r1",upstream_ip="10.0.0.1:80",' +
        `${source}} 0.009`,
        'nginx_http_connections{state="active"} 0',
        "metrics_cache_size 20971520",
        "nginx_metric_errors_total 0",
      ]
    ) assert.ok(lines.includes(expected), `no line ${expected}`);
    const buckets = lines.filter((line) => line.startsWith("nginx_http_request_duration_seconds_bucket"));
    const bounds = buckets.map((line) => /,le="([^"]*)"/.exec(line)?.[1]);
    assert.deepEqual(bounds, [...ALB_BOUNDS.map(String), "+Inf"]);
  });

  it("name the source of routes that are not plain rules", async () => {
    const metrics = newMetrics();
    const routes = [
      route("ing", { source: { type: "ingress", namespace: "ns", name: "shop" } }),
      route("web", { source: { type: "ft_default_router", namespace: "", name: "" } }),
      route("redirect", {
        source: { type: "extension", namespace: "default", name: "web-redirect" },
        upstream: null,
      }),
    ];
    metrics.tableApplied(table(routes));
    for (const each of routes) metrics.observer.exchangeEnded(record({ route: each, status: 301 }));
    const sources = (await samplesOf(metrics, "nginx_http_status")).map((line) =>
      /source_type.*/.exec(line)?.[0]
    );
    assert.deepEqual(sources.sort(), [
      'source_type="extension",source_namespace="default",source_name="web-redirect"} 1',
      'source_type="ft_default_router",source_namespace="",source_name=""} 1',
      'source_type="ingress",source_namespace="ns",source_name="shop"} 1',
    ]);
    const upstream = await samplesOf(metrics, "nginx_http_upstream_requests_status");
    assert.ok(upstream.some((line) => line.includes('rule="redirect",upstream_ip="",status="301"')));
  });

  it("list the endpoints of retries", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1], { endpoints: ["10.0.0.1", "::1"] }));
    const attempts = [
      attempt({ status: 0, error: "CONNECT_REFUSED", headMs: 1 }),
      attempt({ endpoint: "[::1]:80" }),
    ];
    metrics.observer.exchangeEnded(record({ route: r1, attempts }));
    const lines = await samplesOf(metrics, "nginx_http_upstream_requests_status");
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /upstream_ip="10\.0\.0\.1:80, \[::1\]:80"/);
    assert.deepEqual(await samplesOf(metrics, "albatross_upstream_attempts_total"), [
      'albatross_upstream_attempts_total{upstream="default/r1"} 2',
    ]);
    assert.deepEqual(await samplesOf(metrics, "albatross_upstream_retries_total"), [
      'albatross_upstream_retries_total{upstream="default/r1"} 1',
    ]);
    assert.deepEqual(await samplesOf(metrics, "albatross_upstream_connect_failures_total"), [
      'albatross_upstream_connect_failures_total{upstream="default/r1"} 1',
    ]);
  });

  it("count requests without a rule, and responses that the gateway made", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1]));
    const { observer } = metrics;
    observer.exchangeEnded(record({ method: "POST", status: 404, errorCode: "NO_RULE_MATCH" }));
    observer.exchangeEnded(record({ status: 400, errorCode: "BAD_REQUEST" }));
    observer.exchangeEnded(record({ route: r1, status: 502, errorCode: "CONNECT_REFUSED", attempts: [] }));
    observer.exchangeEnded(record({ route: r1, attempts: [attempt()] }));
    assert.deepEqual(await samplesOf(metrics, "nginx_http_mismatch_rule_requests"), [
      'nginx_http_mismatch_rule_requests{port="80",method="POST"} 1',
    ]);
    assert.deepEqual(await samplesOf(metrics, "alb_error"), ['alb_error{port="80"} 3']);
    assert.deepEqual(await samplesOf(metrics, "albatross_errors_total"), [
      'albatross_errors_total{listener="web",error="BAD_REQUEST"} 1',
      'albatross_errors_total{listener="web",error="CONNECT_REFUSED"} 1',
      'albatross_errors_total{listener="web",error="NO_RULE_MATCH"} 1',
    ]);
    const status = await samplesOf(metrics, "nginx_http_status");
    assert.ok(status.some((line) => line.startsWith('nginx_http_status{port="80",rule="",status="404"')));
    assert.ok(status.some((line) => line.startsWith('nginx_http_status{port="80",rule="r1",status="502"')));
  });

  it("tell what connections do", async () => {
    const metrics = newMetrics();
    metrics.tableApplied(table([]));
    for (let i = 0; i < 3; i++) metrics.observer.connectionChanged(80, 1);
    metrics.observer.activeChanged(80, 1);
    assert.deepEqual(await samplesOf(metrics, "nginx_http_connections"), [
      'nginx_http_connections{state="active"} 3',
      'nginx_http_connections{state="reading"} 0',
      'nginx_http_connections{state="waiting"} 2',
      'nginx_http_connections{state="writing"} 1',
    ]);
    assert.deepEqual(await samplesOf(metrics, "albatross_connections"), [
      'albatross_connections{listener="web"} 3',
    ]);
    assert.deepEqual(await samplesOf(metrics, "albatross_requests_in_flight"), [
      'albatross_requests_in_flight{listener="web"} 1',
    ]);
  });
});

describe("our metrics", () => {
  it("count by Frontend, route, code and method, and fold unknown methods", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1]));
    for (const method of ["GET", "GET", "BREW", "get", "__proto__"]) {
      metrics.observer.exchangeEnded(record({ route: r1, method }));
    }
    assert.deepEqual(await samplesOf(metrics, "albatross_requests_total"), [
      'albatross_requests_total{listener="web",route="default/r1",code="200",method="GET"} 2',
      'albatross_requests_total{listener="web",route="default/r1",code="200",method="OTHER"} 3',
    ]);
  });

  it("put a duration into the first bucket whose bound it does not exceed", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1]));
    for (const ms of [0, 1, 1.5, 5, 70_000]) {
      metrics.observer.exchangeEnded(record({ route: r1, startedAt: 0, endedAt: ms }));
    }
    const counts = (await samples(metrics))
      .filter((line) => line.startsWith("albatross_request_duration_seconds_bucket"))
      .map((line) => Number(line.split(" ")[1]));
    assert.equal(counts.length, BOUNDS.length + 1);
    assert.deepEqual(counts.slice(0, 4), [2, 3, 4, 4]);
    assert.deepEqual(counts.slice(-2), [4, 5]);
  });

  it("escape what label values may hold", async () => {
    const metrics = newMetrics();
    const odd = route('a"b\\c\nd');
    metrics.tableApplied(table([odd]));
    metrics.observer.exchangeEnded(record({ route: odd }));
    assert.ok(
      (await samplesOf(metrics, "albatross_requests_total"))[0]?.includes('route="default/a\\"b\\\\c\\nd"'),
    );
  });

  it("tell the state of the configuration, the build and the access log", async () => {
    const metrics = newMetrics(7);
    metrics.config.reloaded(true, 12_000);
    metrics.config.reloaded(false, 13_000);
    const object = { kind: "Rule", namespace: "default", name: "r1" };
    metrics.config.problems([{ severity: "warning", code: "Unsupported", object, field: "", reason: "" }]);
    const lines = await samples(metrics);
    for (
      const expected of [
        "albatross_config_last_reload_successful 0",
        "albatross_config_last_reload_success_timestamp_seconds 12",
        'albatross_config_reloads_total{result="success"} 1',
        'albatross_config_reloads_total{result="failure"} 1',
        'albatross_config_problems{severity="error"} 0',
        'albatross_config_problems{severity="warning"} 1',
        'albatross_build_info{version="1.2.3",runtime="bun",runtime_version="1.4.5"} 1',
        "albatross_access_log_dropped_total 7",
      ]
    ) assert.ok(lines.includes(expected), `no line ${expected}`);
    const rss = lines.find((line) => line.startsWith("process_resident_memory_bytes"));
    assert.ok(Number(rss?.split(" ")[1]) > 1e6, `${rss}`);
    for (const name of ["process_cpu_seconds_total", "process_heap_bytes", "process_start_time_seconds"]) {
      assert.ok(lines.some((line) => line.startsWith(`${name} `)), name);
    }
  });
});

describe("series", () => {
  it("of a route survive changes of the table that leave its labels alone", async () => {
    const metrics = newMetrics();
    metrics.tableApplied(table([route("r1")]));
    metrics.observer.exchangeEnded(record({ route: route("r1") }));
    const changed = route("r1", { index: 9 });
    metrics.tableApplied(table([changed]));
    metrics.observer.exchangeEnded(record({ route: changed }));
    assert.deepEqual(await samplesOf(metrics, "albatross_requests_total"), [
      'albatross_requests_total{listener="web",route="default/r1",code="200",method="GET"} 2',
    ]);
  });

  it("of a deleted route go away, and do not come back with an exchange that outlived it", async () => {
    const metrics = newMetrics();
    const [r1, r2] = [route("r1"), route("r2")];
    metrics.tableApplied(table([r1, r2]));
    for (const each of [r1, r2]) {
      metrics.observer.exchangeEnded(record({ route: each, attempts: [attempt()] }));
    }
    metrics.tableApplied(table([r2]));
    metrics.observer.exchangeEnded(record({ route: r1, attempts: [attempt()] }));
    const left = (await samples(metrics)).filter((line) => line.includes("r1"));
    assert.deepEqual(left, []);
    metrics.observer.exchangeEnded(record({ route: r1, attempts: [attempt()] }));
    assert.deepEqual((await samples(metrics)).filter((line) => line.includes("r1")), []);
    assert.equal((await samplesOf(metrics, "nginx_http_status")).length, 1);
  });

  it("carry the new name of a renamed Frontend only", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    metrics.tableApplied(table([r1]));
    metrics.observer.exchangeEnded(record({ route: r1 }));
    metrics.tableApplied(table([r1], { listener: "edge" }));
    metrics.observer.exchangeEnded(record({ route: r1, listenerName: "edge" }));
    metrics.observer.exchangeEnded(record({ route: r1, listenerName: "edge" }));
    assert.deepEqual(await samplesOf(metrics, "albatross_requests_total"), [
      'albatross_requests_total{listener="edge",route="default/r1",code="200",method="GET"} 2',
    ]);
    const status = await samplesOf(metrics, "nginx_http_status");
    assert.equal(status.length, 1, "one series of ALB's, or a scrape would have duplicates");
  });

  it("of an endpoint go away with it, and are bounded in number", async () => {
    const metrics = newMetrics();
    const r1 = route("r1");
    const addresses = Array.from({ length: MAX_PEERS + 50 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    metrics.tableApplied(table([r1], { endpoints: addresses }));
    for (const address of addresses) {
      metrics.observer.exchangeEnded(
        record({ route: r1, attempts: [attempt({ endpoint: `${address}:80` })] }),
      );
    }
    const many = await samplesOf(metrics, "nginx_http_upstream_requests_status");
    assert.equal(many.length, MAX_PEERS + 1);
    assert.ok(many.some((line) => line.includes('upstream_ip="other"') && line.endsWith(" 50")));
    metrics.tableApplied(table([r1], { endpoints: ["10.1.0.3"] }));
    const few = await samplesOf(metrics, "nginx_http_upstream_requests_status");
    assert.deepEqual(few.map((line) => /upstream_ip="([^"]*)"/.exec(line)?.[1]), ["10.1.0.3:80", "other"]);
  });

  it("do not pile up when nobody scrapes", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 100; i++) {
      const fresh = route(`r${i}`);
      traffic.tableApplied(table([fresh]));
      traffic.exchangeEnded(record({ route: fresh }));
    }
    assert.ok([...traffic.routes()].length <= 2);
  });

  it("stay bounded over hours of churn, scraped or not", () => {
    const traffic = new Traffic();
    const stays = route("stays");
    let most = { routes: 0, peers: 0, upstreams: 0, ports: 0 };
    for (let i = 0; i < 5000; i++) {
      const goes = route(`goes-${i}`);
      const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      traffic.tableApplied(table([stays, goes], { endpoints: [address] }));
      for (const each of [stays, goes]) {
        traffic.exchangeEnded(record({ route: each, attempts: [attempt({ endpoint: `${address}:80` })] }));
      }
      const routes = [...traffic.routes()];
      most = {
        routes: Math.max(most.routes, routes.length),
        peers: Math.max(most.peers, ...routes.map(({ peers }) => peers.size)),
        upstreams: Math.max(most.upstreams, [...traffic.upstreams()].length),
        ports: Math.max(most.ports, [...traffic.ports()].length),
      };
    }
    const { routes, peers, upstreams, ports } = most;
    assert.ok(routes <= 4 && peers <= 101 && upstreams <= 4 && ports === 1, JSON.stringify(most));
  });

  it("of endpoints go away with them when routes stay and nobody scrapes", () => {
    const traffic = new Traffic();
    const stays = route("stays");
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      const address = `10.0.${i >> 8}.${i & 255}`;
      traffic.tableApplied(table([stays], { endpoints: [address] }));
      traffic.exchangeEnded(record({ route: stays, attempts: [attempt({ endpoint: `${address}:80` })] }));
      most = Math.max(most, ...[...traffic.routes()].map(({ peers }) => peers.size));
    }
    assert.ok(most <= 101, `${most} endpoints`);
  });
});
