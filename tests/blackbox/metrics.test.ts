/** Counters after known requests: ALB's names for its dashboards, and ours (data-plane spec 8.1). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { requestText } from "./harness/client.ts";
import { readResponse } from "./harness/message.ts";
import { rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

describe("metrics", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      dslx: underPath("/served"),
      handler: ({ target }) => reply(target.endsWith("/404") ? 404 : 200, [], "four"),
      objects: [
        rule({ name: "dead", frontend: "web", dslx: underPath("/dead"), services: [{ name: "dead" }] }),
        ...service({ name: "dead", endpoints: [`${LOOPBACK}:${await freePort()}`] }),
      ],
    });
    for (let n = 0; n < 3; n++) await site.request({ target: "/served" });
    await site.request({ target: "/served", method: "POST", body: "x".repeat(1000) });
    await site.request({ target: "/served/404" });
    await site.request({ target: "/dead" });
    for (let n = 0; n < 2; n++) await site.request({ target: "/unmatched" });
  });
  after(() => stopSite(site));

  /** Counters may follow the response by a moment. */
  async function counts(name: string, labels: Record<string, string>, expected: number): Promise<void> {
    let last = 0;
    await eventually(
      async () => (last = await site.gateway.metric(name, labels)) === expected,
      () => `${name} ${JSON.stringify(labels)} is ${last}, not ${expected}`,
    );
  }

  it("are Prometheus text", async () => {
    const response = await site.gateway.fetch("/metrics");
    assert.equal(response.status, 200);
    for (const line of response.body.split("\n")) {
      assert.match(line, /^(# (HELP|TYPE) \S+ .*|[a-zA-Z_:][\w:]*(\{[^}]*\})? \S+|)$/, line);
    }
  });

  it("count requests under ALB's names", async () => {
    const port = String(site.port);
    await counts("nginx_http_status", { port, rule: "r1", status: "200", method: "GET" }, 3);
    await counts("nginx_http_status", { port, rule: "r1", status: "200", method: "POST" }, 1);
    await counts("nginx_http_status", { port, rule: "r1", status: "404" }, 1);
    await counts("nginx_http_status", { port, rule: "dead", status: "502" }, 1);
    await counts("nginx_http_mismatch_rule_requests", { port, method: "GET" }, 2);
    await counts(
      "nginx_http_upstream_requests_status",
      { rule: "r1", upstream_ip: site.upstream.endpoint },
      5,
    );
    await counts("nginx_http_request_duration_seconds_count", { rule: "r1" }, 5);
    await counts("nginx_http_request_duration_seconds_bucket", { rule: "r1", le: "+Inf" }, 5);
    await counts("alb_error", { port }, 3);
    assert.ok(
      await site.gateway.metric("nginx_http_request_size_bytes", { rule: "r1", method: "POST" }) > 1000,
    );
    assert.ok(await site.gateway.metric("nginx_http_response_size_bytes", { rule: "r1" }) > 5 * 4);
  });

  it("count requests, errors and attempts under our names", async () => {
    await counts("albatross_requests_total", { listener: "web" }, 8);
    await counts("albatross_errors_total", { error: "NO_RULE_MATCH" }, 2);
    await counts("albatross_errors_total", { error: "CONNECT_REFUSED" }, 1);
    await counts("albatross_upstream_attempts_total", {}, 6);
    await counts("albatross_upstream_connect_failures_total", {}, 1);
    await counts("albatross_request_duration_seconds_count", {}, 8);
  });

  it("count requests that could not be read", async () => {
    const client = await site.dial();
    await client.send("GET / HTTP/1.1\r\n\r\n");
    assert.equal((await readResponse(client)).status, 400);
    client.close();
    await counts("albatross_errors_total", { listener: "web", error: "BAD_REQUEST" }, 1);
    await counts("alb_error", { port: String(site.port) }, 4);
  });

  it("show connections and requests of the moment", async () => {
    await counts("albatross_connections", { listener: "web" }, 0);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => release = resolve);
    site.upstream.handler = async () => {
      await held;
      return reply(200);
    };
    const client = await site.dial();
    await client.send(requestText({ target: "/served" }));
    await counts("albatross_connections", { listener: "web" }, 1);
    await counts("albatross_requests_in_flight", { listener: "web" }, 1);
    await counts("nginx_http_connections", { state: "active" }, 1);
    await counts("nginx_http_connections", { state: "writing" }, 1);
    release();
    await readResponse(client);
    await counts("albatross_requests_in_flight", { listener: "web" }, 0);
    client.close();
    await counts("albatross_connections", { listener: "web" }, 0);
  });
});
