import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind } from "../../src/resources/kinds.ts";
import { readObject } from "../../src/resources/read.ts";
import { manifest, messages } from "./objects.ts";

/** Code and field of each part that was left out; undefined when the whole object is refused. */
function refusedParts(kind: Kind, spec: unknown): string[] | undefined {
  const { object, refusals, issues } = readObject(manifest(kind, { spec }));
  assert.ok(issues.length > 0, "something is wrong");
  return object && refusals.map(({ code, field }) => `${code} ${field}`);
}

test("parts: what a Rule can do without is left out, and refused with what is wrong", () => {
  const dslx = [{ type: "URL", values: [["EQ", "/"]] }];
  const { object, refusals, issues } = readObject(manifest("Rule", {
    spec: {
      dslx,
      vhost: "a.com",
      config: { auth: { basic: { secret: 5, realm: [] } }, redirect: { code: 302, port: "x" }, timeout: {} },
    },
  }));
  assert.ok(object?.kind === "Rule");
  assert.deepEqual(object.spec, { dslx: [{ ...dslx[0], key: "" }], vhost: "a.com", config: { timeout: {} } });
  assert.deepEqual(refusals, [
    {
      code: "InvalidAuth",
      field: "spec.config.auth",
      reason: "spec.config.auth.basic.realm: expected a string, got []",
    },
    {
      code: "InvalidAction",
      field: "spec.config.redirect",
      reason: 'spec.config.redirect.port: expected an integer, got "x"',
    },
  ]);
  assert.deepEqual(messages({ issues }), [
    "spec.config.auth.basic.realm: expected a string, got []",
    "spec.config.auth.basic.secret: expected a string, got 5",
    'spec.config.redirect.port: expected an integer, got "x"',
  ]);
  assert.deepEqual(issues.map(({ code }) => code), ["InvalidAuth", "InvalidAuth", "InvalidAction"]);
});

test("parts: which fields of which kind are one", () => {
  const cases: readonly (readonly [kind: Kind, spec: unknown, parts: string[] | undefined])[] = [
    ["Rule", { serviceGroup: { services: [{ name: "a", port: "http" }] } }, [
      "InvalidAction spec.serviceGroup",
    ]],
    ["Rule", { config: [] }, ["InvalidAction spec.config"]],
    ["Rule", { enableCORS: "yes" }, ["InvalidAction spec.enableCORS"]],
    ["Rule", { config: { middlewares: [{ options: 1 }] } }, ["InvalidAction spec.config.middlewares"]],
    ["Rule", { config: { auth: { forward: { upstream_headers: [1] } } } }, ["InvalidAuth spec.config.auth"]],
    ["Rule", { priority: "high" }, undefined],
    ["Rule", { dslx: "all" }, undefined],
    ["Rule", { dslx: [{ type: "URL", values: ["EQ", "/"] }], vhost: 5 }, undefined],
    ["Rule", 5, undefined],
    ["Frontend", { port: 80, config: { keepalive: { http: { timeout: "soon" } } } }, [
      "InvalidAction spec.config.keepalive",
    ]],
    ["Frontend", { port: 80, config: { auth: 5 } }, ["InvalidAuth spec.config.auth"]],
    ["Frontend", { port: 80, serviceGroup: 5 }, ["InvalidAction spec.serviceGroup"]],
    ["Frontend", { port: 0, serviceGroup: 5 }, undefined],
    ["Frontend", { port: 80, protocol: 5 }, undefined],
    ["Frontend", {}, undefined],
    ["ALB2", { config: { replicas: "three", auth: 5, timeout: 5, workerLimit: 2 } }, [
      "InvalidObject spec.config.replicas",
      "InvalidAuth spec.config.auth",
      "InvalidObject spec.config.timeout",
    ]],
    ["ALB2", { config: { trustedProxies: "10.0.0.0/8" } }, ["InvalidObject spec.config.trustedProxies"]],
    ["ALB2", { config: { middlewares: "x" } }, ["InvalidAction spec.config.middlewares"]],
    ["ALB2", { config: { compatibility: "nginx" } }, ["InvalidObject spec.config.compatibility"]],
    ["ALB2", { type: "haproxy" }, ["InvalidObject spec.type"]],
    ["ALB2", { config: 5 }, ["InvalidObject spec.config"]],
    ["ALB2", 5, undefined],
    ["Service", { ports: [{ port: 0 }] }, undefined],
  ];
  for (const [kind, spec, parts] of cases) {
    assert.deepEqual(refusedParts(kind, spec)?.sort(), parts?.sort(), JSON.stringify(spec));
  }
});

test("parts: the object that was given is not changed", () => {
  const given = manifest("Rule", { spec: { config: { auth: 5 }, vhost: "a" } });
  const before = structuredClone(given);
  readObject(given);
  assert.deepEqual(given, before);
});
