import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../src/lib/secret.ts";
import { readObject } from "../../src/resources/read.ts";
import { good, manifest, messages } from "./objects.ts";

test("ALB2: each switch is a boolean or a text", () => {
  const cases: readonly (readonly [given: unknown, meaning: boolean | undefined])[] = [
    [true, true],
    [false, false],
    ["true", true],
    ["True", true],
    ["TRUE", true],
    ["false", false],
    ["yes", false],
    ["", false],
    [null, undefined],
  ];
  for (const [given, meaning] of cases) {
    const { spec } = good("ALB2", { spec: { config: { enableHTTP2: given, gateway: { enable: given } } } });
    assert.equal(spec.config?.enableHTTP2, meaning, String(given));
    assert.equal(spec.config?.gateway?.enable, meaning, String(given));
  }
  assert.deepEqual(messages(readObject(manifest("ALB2", { spec: { config: { enableGzip: 1 } } }))), [
    'spec.config.enableGzip: expected true, false, "true" or "false", got 1',
  ]);
});

test("ALB2: what charts dump into the config is kept", () => {
  const config = { displayName: "", global: { registry: { address: "x" } }, operator: { albDefault: [1] } };
  assert.deepEqual(good("ALB2", { spec: { config } }).spec.config, { ...config, projects: [] });
});

test("ALB2: quantities are numbers or texts", () => {
  const resources = { limits: { cpu: 2, memory: "2Gi" }, alb: { requests: { cpu: "50m" } } };
  assert.deepEqual(good("ALB2", { spec: { config: { resources } } }).spec.config?.resources, resources);
});

test("ALB2: version 1 has other fields", () => {
  const { spec } = good("ALB2", {
    apiVersion: "crd.alauda.io/v1",
    spec: { address: "1.2.3.4", bind_address: "*", domains: ["a"], iaas_id: "", type: "nginx" },
  });
  assert.deepEqual(spec, { address: "1.2.3.4", type: "nginx" });
});

test("ALB2: without a spec", () => {
  assert.deepEqual(good("ALB2", { spec: null }).spec, {});
});

test("ALB2: settings of ours", () => {
  const config = {
    trustedProxies: ["10.0.0.0/8"],
    compatibility: "standard",
    middlewares: [{ name: "etag" }, { name: "x", options: { a: 1 } }],
    projects: [],
  };
  assert.deepEqual(good("ALB2", { spec: { config } }).spec.config, config);
});

test("Frontend: durations of keep-alive are milliseconds", () => {
  const keepalive = {
    tcp: { idle: "60m", interval: "", count: 3 },
    http: { timeout: "75s", header_timeout: "1m30s" },
  };
  const read = good("Frontend", { spec: { port: 80, config: { keepalive } } }).spec.config?.keepalive;
  assert.equal(read?.tcp?.idle, 3_600_000);
  assert.equal(read?.tcp?.interval, undefined);
  assert.equal(read?.tcp?.count, 3);
  assert.equal(read?.http?.timeout, 75_000);
  assert.equal(read?.http?.header_timeout, 90_000);
  assert.deepEqual(
    good("Frontend", { spec: { port: 80, config: { keepalive: { tcp: {} } } } }).spec.config?.keepalive,
    {
      tcp: {},
    },
  );
  assert.deepEqual(
    messages(
      readObject(manifest("Frontend", { spec: { port: 80, config: { keepalive: { tcp: { idle: 30 } } } } })),
    ),
    ['spec.config.keepalive.tcp.idle: expected a duration such as "75s", "30m" or "1h30m", got 30'],
  );
});

test("Frontend: ports", () => {
  for (const port of [1, 80, 65535]) assert.equal(good("Frontend", { spec: { port } }).spec.port, port);
  for (const port of [0, -1, 65536, 80.5, "80", true, null]) {
    assert.deepEqual(messages(readObject(manifest("Frontend", { spec: { port } }))), [
      `spec.port: expected a port from 1 to 65535, got ${JSON.stringify(port)}`,
    ]);
  }
});

test("Rule: dslx is taken as it is, as long as it is made of texts", () => {
  const { dslx } = good("Rule", {
    spec: {
      dslx: [
        { type: "HEADER", key: "X-A", values: [["EQ", "1"], ["EXIST"]] },
        { type: "nonsense", key: null, values: [["NOPE", "a", "b"], [], null] },
        { type: "URL", values: null },
        {},
      ],
    },
  }).spec;
  assert.deepEqual(dslx, [
    { type: "HEADER", key: "X-A", values: [["EQ", "1"], ["EXIST"]] },
    { type: "nonsense", key: "", values: [["NOPE", "a", "b"], [], []] },
    { type: "URL", key: "", values: [] },
    { type: "", key: "", values: [] },
  ]);
  assert.equal(good("Rule", { spec: { dslx: null } }).spec.dslx, undefined);
  assert.deepEqual(good("Rule", { spec: { dslx: [] } }).spec.dslx, []);
});

test("Rule: malformed dslx", () => {
  const cases: readonly (readonly [dslx: unknown, message: string])[] = [
    [{}, "spec.dslx: expected a list, got {}"],
    ["x", 'spec.dslx: expected a list, got "x"'],
    [["x"], 'spec.dslx[0]: expected a mapping, got "x"'],
    [[null], "spec.dslx[0]: expected a mapping, got null"],
    [[{ type: 5 }], "spec.dslx[0].type: expected a string, got 5"],
    [[{ values: ["EQ"] }], 'spec.dslx[0].values[0]: expected a list, got "EQ"'],
    [[{ values: "EQ" }], 'spec.dslx[0].values: expected a list, got "EQ"'],
    [[{ values: [["EQ", "a"], ["EQ", {}]] }], "spec.dslx[0].values[1][1]: expected a string, got {}"],
    [[{ values: [["EQ", null]] }], "spec.dslx[0].values[0][1]: expected a string, got null"],
  ];
  for (const [dslx, message] of cases) {
    const found = readObject(manifest("Rule", { spec: { dslx } }));
    assert.equal(found.object, undefined);
    assert.deepEqual(messages(found), [message]);
  }
});

test("Rule: words that were not quoted are the text that was written, where it is known", () => {
  const spec = { dslx: [{ type: "HEADER", key: "v", values: [["EQ", 1.1], ["IN", true, "x"]] }] };
  assert.deepEqual(good("Rule", { spec }).spec.dslx?.[0]?.values, [["EQ", "1.1"], ["IN", "true", "x"]]);
  const { object } = readObject(manifest("Rule", { spec }), (path) => `<${path.join(" ")}>`);
  assert.ok(object?.kind === "Rule");
  assert.deepEqual(object.spec.dslx?.[0]?.values, [
    ["EQ", "<spec dslx 0 values 0 1>"],
    ["IN", "<spec dslx 0 values 1 1>", "x"],
  ]);
});

test("Service: defaults, named target ports, every type", () => {
  const { spec } = good("Service", {
    spec: { ports: [{ port: 80 }, { port: 53, protocol: "UDP", targetPort: "dns" }] },
  });
  assert.equal(spec.type, "ClusterIP");
  assert.deepEqual(spec.ports, [
    { name: "", protocol: "TCP", port: 80 },
    { name: "", protocol: "UDP", port: 53, targetPort: "dns" },
  ]);
  for (const type of ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] as const) {
    assert.equal(good("Service", { spec: { type, externalName: "a.com" } }).spec.type, type);
  }
  const bad = readObject(
    manifest("Service", { spec: { type: "Other", ports: [{ port: 80, targetPort: true }] } }),
  );
  assert.deepEqual(messages(bad).sort(), [
    "spec.ports[0].targetPort: expected a port number or the name of a port, got true",
    'spec.type: expected "ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName", got "Other"',
  ]);
});

test("EndpointSlice: absent conditions are ready", () => {
  const { endpoints } = good("EndpointSlice", {
    endpoints: [
      { addresses: ["10.0.0.1"] },
      { addresses: ["10.0.0.2"], conditions: {} },
      { addresses: ["10.0.0.3"], conditions: { ready: null } },
      { addresses: ["10.0.0.4"], conditions: { ready: false, serving: true, terminating: true } },
    ],
    ports: null,
  });
  assert.deepEqual(endpoints.map(({ conditions }) => conditions.ready), [true, true, true, false]);
});

test("Endpoints: subsets may be missing", () => {
  assert.deepEqual(good("Endpoints", { subsets: null }).subsets, []);
  assert.deepEqual(good("Endpoints", { subsets: [{ addresses: [{ ip: "::1" }] }] }).subsets[0]?.ports, []);
});

test("Secret: values are decoded, text wins, nothing is printed", () => {
  const { data, type } = good("Secret", {
    data: { a: "aGk=", b: "AP8=", c: "aG\nk=", d: "" },
    stringData: { b: "text", e: "more" },
  });
  assert.equal(type, "Opaque");
  assert.deepEqual(Object.keys(data).sort(), ["a", "b", "c", "d", "e"]);
  assert.ok(data["a"] instanceof Secret);
  const texts = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.text()]));
  assert.deepEqual(texts, { a: "hi", b: "text", c: "hi", d: "", e: "more" });
  assert.ok(!JSON.stringify(data).includes("text"));
});

test("Secret: a message never quotes a value", () => {
  const cases: readonly (readonly [fields: Record<string, unknown>, message: string])[] = [
    [{ data: { a: "hunter2!" } }, "data.a: expected base64"],
    [{ data: "hunter2" }, "data: expected a mapping, got a string"],
    [{ data: { a: ["hunter2"] } }, "data.a: expected a string, got a list"],
    [{ stringData: { a: 12345 } }, "stringData.a: expected a string, got a number"],
    [{ stringData: ["hunter2"] }, "stringData: expected a mapping, got a list"],
  ];
  for (const [fields, message] of cases) {
    assert.deepEqual(messages(readObject(manifest("Secret", fields))), [message]);
  }
});

test("ConfigMap: texts", () => {
  assert.deepEqual(good("ConfigMap", { data: { a: "1" }, binaryData: { b: "AA==" } }).data, { a: "1" });
  assert.deepEqual(good("ConfigMap", { data: null }).data, {});
});

test("keys that objects have by nature are keys like others", () => {
  const data = JSON.parse('{"__proto__": "a", "constructor": "b", "toString": "c"}');
  const { data: read } = good("ConfigMap", { data });
  assert.equal(read["constructor"], "b");
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
});
