import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ExplainQuery } from "../routes/ports.ts";
import { type Explanation, explanationShape } from "../routes/shapes.ts";
import { explain } from "../src/explain.ts";
import type { Table } from "../src/table/table.ts";
import { alb2, frontend, group, rule, service, translateObjects } from "./translators/objects.ts";

const TABLE = translateObjects([
  frontend({ port: 8080, serviceGroup: group("echo") }),
  frontend({ port: 443, protocol: "https" }, { name: "secure" }),
  frontend({ port: 9000, protocol: "tcp", serviceGroup: group("echo") }, { name: "raw" }),
  rule("api", {
    priority: 1,
    dslx: [{ type: "HOST", values: [["EQ", "a.com"]] }, { type: "URL", values: [["STARTS_WITH", "/api"]] }],
  }),
  rule("empty", {
    priority: 2,
    dslx: [{ type: "URL", values: [["EQ", "/empty"]] }],
    serviceGroup: group("gone"),
  }),
  rule("odd", {
    priority: 3,
    dslx: [{ type: "URL", values: [["EQ", "/odd"]] }],
    redirectURL: "/x",
    redirectCode: 200,
  }),
  rule("office", { priority: 4, dslx: [{ type: "SRC_IP", values: [["RANGE", "10.0.0.1", "10.0.0.9"]] }] }),
  ...service("echo", ["10.1.1.1", "10.1.1.2"]),
]).table;

function ask(url: string, query: Partial<ExplainQuery> = {}, table: Table = TABLE): Explanation {
  const explanation = explain(table, { method: "GET", url, headers: [], from: "127.0.0.1", ...query });
  assert.deepEqual(explanationShape.parse(explanation), explanation, "it has its documented shape");
  return explanation;
}

describe("explain", () => {
  it("names the route that wins, where it sends, and why better-placed ones do not win", () => {
    const { listener, route, action, steps } = ask("http://b.com:8080/api/x?y=1");
    assert.equal(listener?.name, "web");
    assert.deepEqual(route?.object, { kind: "Frontend", namespace: "default", name: "web" });
    assert(action.type === "forward");
    assert.deepEqual(action.endpoints.map(({ endpoint, service }) => `${endpoint} ${service}`), [
      "10.1.1.1:8080 default/echo",
      "10.1.1.2:8080 default/echo",
    ]);
    assert.deepEqual(steps.map(({ name, matched }) => `${name} ${matched}`), [
      "api false",
      "empty false",
      "odd false",
      "office false",
      "web true",
    ]);
    assert.deepEqual(steps[0]!.failed, { term: "HOST EQ a.com", saw: "b.com" });
    assert.equal(steps.at(-1)!.failed, null);
  });

  it("takes headers; a given Host wins over the URL's", () => {
    const { route, request } = ask("http://127.0.0.1:8080/api", { headers: [["host", "A.com"]] });
    assert.equal(route?.name, "api");
    assert.deepEqual(request.view, { host: "a.com", path: "/api", query: "", sourceAddress: "127.0.0.1" });
  });

  it("takes the peer's address, and forwarded ones from trusted peers", () => {
    assert.equal(ask("http://b.com:8080/", { from: "10.0.0.5" }).route?.name, "office");
    const headers = [["X-Forwarded-For", "10.0.0.5"]] as const;
    assert.equal(ask("http://b.com:8080/", { headers }).route?.name, "web");
    const labels = { "alb2.cpaas.io/name": "edge" };
    const trusting = translateObjects([
      alb2({ trustedProxies: ["127.0.0.0/8"] }),
      frontend({ port: 8080 }, { labels }),
      rule("office", { dslx: [{ type: "SRC_IP", values: [["EQ", "10.0.0.5"]] }] }, {
        labels: { ...labels, "alb2.cpaas.io/frontend": "web" },
      }),
    ]).table;
    assert.equal(ask("http://b.com:8080/", { headers }, trusting).route?.name, "office");
  });

  it("says which error pages a request has, also when no rule takes it", () => {
    const page = { status: [404], body: "Nothing here.", contentType: "text/plain" };
    const { table } = translateObjects([
      frontend({ port: 8080, config: { errorPages: [page] } }),
      rule("api", {
        dslx: [{ type: "URL", values: [["EQ", "/api"]] }],
        config: { errorPages: [{ status: [401, "500-599"], body: "<h1>No</h1>" }] },
      }),
      rule("plain", { dslx: [{ type: "URL", values: [["EQ", "/plain"]] }], config: { errorPages: [] } }),
    ]);
    assert.deepEqual(ask("http://a.com:8080/api", {}, table).errorPages, [
      { statuses: ["401", "500-599"], contentType: "text/html; charset=utf-8" },
    ]);
    assert.deepEqual(ask("http://a.com:8080/plain", {}, table).errorPages, []);
    const { route, errorPages } = ask("http://a.com:8080/", {}, table);
    assert.equal(route, null);
    assert.deepEqual(errorPages, [{ statuses: ["404"], contentType: "text/plain" }]);
  });

  it("says what the gateway answers by itself", () => {
    const empty = ask("http://b.com:8080/empty").action;
    assert.deepEqual(empty, {
      type: "answer",
      status: 500,
      error: "NO_ENDPOINTS",
      reason: "InvalidBalancer : no balancer found for empty",
    });
    const refused = ask("http://b.com:8080/odd").action;
    assert(refused.type === "answer");
    assert.deepEqual([refused.status, refused.error], [500, "INVALID_ACTION"]);
    const nothing = ask("https://b.com/").action;
    assert(nothing.type === "answer");
    assert.deepEqual([nothing.status, nothing.reason], [404, "InvalidUpstream : empty policy"]);
    const bad = ask("http://b.com:8080/%00");
    assert(bad.action.type === "answer");
    assert.deepEqual([bad.action.status, bad.request.view], [400, null]);
  });

  it("says when there is no HTTP, or nobody listens", () => {
    assert.deepEqual(ask("http://b.com/").action, { type: "none", reason: "nothing listens on port 80" });
    const raw = ask("http://b.com:9000/");
    assert.deepEqual([raw.route?.name, raw.action.type, raw.steps], ["raw", "forward", []]);
  });
});
