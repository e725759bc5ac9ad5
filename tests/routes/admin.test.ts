/** The admin plane on ports of its own: every path, its shape, and what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { z } from "zod";
import { adminApp } from "../../routes/mod.ts";
import type { AdminPorts, ExplainQuery, ObjectQuery } from "../../routes/ports.ts";
import * as shapes from "../../routes/shapes.ts";

const EXPLANATION: shapes.Explanation = {
  shape: 1,
  request: { method: "GET", url: "http://a/", from: "127.0.0.1", view: null },
  listener: null,
  route: null,
  filters: [],
  action: { type: "none", reason: "nothing listens" },
  stale: [],
  errorPages: [],
  steps: [],
};

function adminWith(overrides: Partial<AdminPorts> = {}) {
  const queries: (ExplainQuery | ObjectQuery)[] = [];
  const faults: unknown[] = [];
  const ports: AdminPorts = {
    index: () => ({ name: "albatross", version: "1.2.3", runtime: "bun 1", revision: 4 }),
    readiness: () => ({ ready: true, reasons: [] }),
    problems: () => [{
      severity: "error",
      code: "InvalidMatch",
      object: { kind: "Rule", namespace: "default", name: "r1", file: "a.yaml", line: 3, column: 1 },
      field: "spec.dslx[0]",
      reason: "no such operator",
      stale: true,
    }],
    objects(query) {
      queries.push(query);
      return [{ kind: "Rule", namespace: "default", name: "r1", object: { spec: {} } }];
    },
    table: () => ({ shape: 1, listeners: [] }),
    listeners: async () => [{
      id: "tcp/80",
      name: "web",
      port: 80,
      protocol: "http",
      addresses: ["::"],
      state: "serving" as const,
      reason: "",
      connections: 2,
    }],
    upstreams: async () => [{
      name: "default/r1",
      policy: "round-robin",
      endpoints: [{
        endpoint: "10.0.0.1:80",
        weight: 100,
        resting: false,
        active: 0,
        idle: 1,
        requests: 9,
        failures: 0,
      }],
    }],
    explain(query) {
      queries.push(query);
      return EXPLANATION;
    },
    metrics: () => ({ contentType: "text/plain; version=0.0.4", chunks: chunks("a 1\n", "b 2\n") }),
    ...overrides,
  };
  const app = adminApp(ports, (fault) => faults.push(fault));
  const get = (path: string, init?: RequestInit) => app.request(path, init);
  return { get, queries, faults };
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

async function json<T>(
  response: Response | Promise<Response>,
  schema: z.ZodType<T>,
  status = 200,
): Promise<T> {
  const received = await response;
  assert.equal(received.status, status);
  assert.match(received.headers.get("content-type") ?? "", /^application\/json/);
  return schema.parse(await received.json());
}

describe("probes", () => {
  it("tell that the program lives, and whether it is ready", async () => {
    const { get } = adminWith();
    assert.equal(await (await get("/livez")).text(), "ok\n");
    assert.deepEqual(await json(get("/readyz"), shapes.readinessShape), { ready: true, reasons: [] });
    const draining = adminWith({ readiness: () => ({ ready: false, reasons: ["draining"] }) });
    assert.deepEqual((await json(draining.get("/readyz"), shapes.readinessShape, 503)).reasons, ["draining"]);
    assert.equal((await draining.get("/livez")).status, 200);
  });
});

describe("the API", () => {
  const { get, queries } = adminWith();

  it("answers in its documented shapes", async () => {
    const index = await json(get("/"), shapes.indexShape);
    assert.deepEqual(index.paths, [
      "/api/explain",
      "/api/listeners",
      "/api/objects",
      "/api/problems",
      "/api/table",
      "/api/upstreams",
      "/livez",
      "/metrics",
      "/readyz",
    ]);
    assert.equal((await json(get("/api/problems"), shapes.problemsShape)).problems[0]!.stale, true);
    assert.equal((await json(get("/api/listeners"), shapes.listenersShape)).listeners[0]!.connections, 2);
    assert.equal(
      (await json(get("/api/upstreams"), shapes.upstreamsShape)).upstreams[0]!.endpoints.length,
      1,
    );
    assert.equal((await json(get("/api/objects"), shapes.objectsShape)).objects[0]!.name, "r1");
    assert.equal((await get("/api/table")).status, 200);
    await json(get("/api/explain?url=http://a/"), shapes.explanationShape);
  });

  it("filters objects", async () => {
    await get("/api/objects?kind=Rule&name=r1");
    assert.deepEqual(queries.at(-1), { kind: "Rule", namespace: undefined, name: "r1" });
  });

  it("answers HEAD without a body, and allows no caching, sniffing or other origins", async () => {
    for (const path of ["/", "/livez", "/metrics", "/api/problems"]) {
      const response = await get(path, { method: "HEAD", headers: { origin: "https://evil.example" } });
      assert.deepEqual([response.status, await response.text()], [200, ""]);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    }
  });

  it("refuses other methods, and paths that are not there", async () => {
    for (
      const [method, path, allow] of [
        ["POST", "/api/table", "GET, HEAD"],
        ["DELETE", "/livez", "GET, HEAD"],
        ["OPTIONS", "/", "GET, HEAD"],
        ["PUT", "/api/explain", "GET, HEAD, POST"],
      ] as const
    ) {
      const response = await get(path, { method });
      assert.equal(response.headers.get("allow"), allow, path);
      assert.equal((await json(response, shapes.errorShape, 405)).error.code, "MethodNotAllowed");
    }
    for (const path of ["/nope", "/api", "/api/table/x"]) {
      assert.equal((await json(get(path), shapes.errorShape, 404)).error.code, "NotFound");
    }
  });

  it("has no table before the first configuration", async () => {
    const early = adminWith({ table: () => undefined, explain: () => undefined });
    for (const path of ["/api/table", "/api/explain?url=http://a/"]) {
      assert.equal((await json(early.get(path), shapes.errorShape, 503)).error.code, "NoTable");
    }
  });

  it("hides faults of its own from the client, not from the log", async () => {
    const fault = new Error("secret detail");
    const broken = adminWith({
      problems() {
        throw fault;
      },
    });
    const response = await broken.get("/api/problems");
    assert.equal(response.status, 500);
    assert.ok(!(await response.text()).includes("secret detail"));
    assert.deepEqual(broken.faults, [fault]);
  });
});

describe("explaining", () => {
  const { get, queries } = adminWith();
  const post = (body: string) => get("/api/explain", { method: "POST", body });

  it("takes a query or JSON", async () => {
    const query =
      "method=PUT&url=http%3A%2F%2Fa%3A81%2Fx%3Fy&from=10.0.0.1&header=X-A%3A%201%3A2&header=b%3A";
    await json(get(`/api/explain?${query}`), shapes.explanationShape);
    const expected = {
      method: "PUT",
      url: "http://a:81/x?y",
      from: "10.0.0.1",
      headers: [["X-A", "1:2"], ["b", ""]],
    };
    assert.deepEqual(queries.at(-1), expected);
    await json(post(JSON.stringify(expected)), shapes.explanationShape);
    assert.deepEqual(queries.at(-1), expected);
    await json(post('{"url":"https://a/"}'), shapes.explanationShape);
    assert.deepEqual(queries.at(-1), { method: "GET", url: "https://a/", from: "127.0.0.1", headers: [] });
  });

  it("refuses what is no request", async () => {
    for (
      const path of [
        "",
        "?url=/x",
        "?url=ftp://a/",
        "?url=http://a/&from=me",
        "?url=http://a/&header=x",
        "?url=http://a/&no=1",
      ]
    ) {
      const { error } = await json(get(`/api/explain${path}`), shapes.errorShape, 400);
      assert.equal(error.code, "InvalidQuery");
    }
    for (const body of ["", "[]", '{"url":1}', "{"]) {
      await json(post(body), shapes.errorShape, 400);
    }
    const huge = JSON.stringify({ url: "http://a/", headers: [["a", "x".repeat(70_000)]] });
    assert.equal((await json(post(huge), shapes.errorShape, 413)).error.code, "BodyTooLarge");
  });
});

describe("metrics", () => {
  it("are sent in the pieces in which they are made", async () => {
    const response = await adminWith().get("/metrics");
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4");
    assert.equal(await response.text(), "a 1\nb 2\n");
  });

  it("are not made when nobody waits for them", async () => {
    let made = 0;
    let ended = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield `a ${made++}\n`;
      } finally {
        ended = true;
      }
    }
    const { get } = adminWith({ metrics: () => ({ contentType: "text/plain", chunks: endless() }) });
    const reader = (await get("/metrics")).body!.getReader();
    await reader.read();
    await reader.cancel();
    assert.ok(made <= 2, `${made} pieces were made`);
    assert.ok(ended);
  });
});
